import type { MiddlewareHandler } from "hono";
import { Refusal } from "./refusal.js";
import type { Session, Verifier } from "./verifier.js";

/** Middleware for Hono: refuses requests without a valid access token, and sets the variable `heirloom`. */
export function requireSession<More>(
  verifier: Verifier<More>,
): MiddlewareHandler<{ Variables: { heirloom: Session<More> } }> {
  return async (context, next) => {
    try {
      context.set("heirloom", await verifier.verifyRequest(context.req.raw));
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      throw error;
    }
    return next();
  };
}
