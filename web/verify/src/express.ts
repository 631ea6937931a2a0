import type { RequestHandler } from "express";
import { Refusal } from "./refusal.js";
import type { Session, Verifier } from "./verifier.js";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express declares its types so.
  namespace Express {
    interface Request {
      /** The session of the request, behind `requireSession`. */
      heirloom?: Session;
    }
  }
}

/** Middleware for Express: refuses requests without a valid access token, and sets `request.heirloom`. */
export function requireSession(verifier: Verifier): RequestHandler {
  return async (request, response, next) => {
    try {
      const values = request.headersDistinct["authorization"] ?? [];
      if (values.length > 1) throw new Refusal("malformed_request");
      request.heirloom = await verifier.verifyHeader(values[0]);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      response.status(error.status).set(error.headers).send(JSON.stringify(error.problem));
      return;
    }
    next();
  };
}

/** The session of a request behind `requireSession`. */
export function sessionOf<More = Record<string, unknown>>(request: { heirloom?: Session | undefined }): Session<More> {
  if (!request.heirloom) throw new Error("this route is not behind requireSession");
  return request.heirloom as Session<More>;
}
