import type { onRequestAsyncHookHandler } from "fastify";
import { Refusal } from "./refusal.js";
import type { Session, Verifier } from "./verifier.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The session of the request, behind `requireSession`. */
    heirloom?: Session;
  }
}

/** An `onRequest` hook for Fastify: refuses requests without a valid access token, and sets `request.heirloom`. */
export function requireSession(verifier: Verifier): onRequestAsyncHookHandler {
  return async (request, reply) => {
    try {
      const values = request.raw.headersDistinct["authorization"] ?? [];
      if (values.length > 1) throw new Refusal("malformed_request");
      request.heirloom = await verifier.verifyHeader(values[0]);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return reply.code(error.status).headers(error.headers).send(JSON.stringify(error.problem));
    }
  };
}

/** The session of a request behind `requireSession`. */
export function sessionOf<More = Record<string, unknown>>(request: { heirloom?: Session | undefined }): Session<More> {
  if (!request.heirloom) throw new Error("this route is not behind requireSession");
  return request.heirloom as Session<More>;
}
