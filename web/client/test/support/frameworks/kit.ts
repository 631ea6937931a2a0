/** The parts of `@sveltejs/kit` that the page on server rendering uses, with its types. */
import type { WebSession } from "../../../src/server.js";

/** An app declares this in `app.d.ts`. */
interface Locals {
  session: WebSession;
}

export interface RequestEvent {
  request: Request;
  locals: Locals;
  getClientAddress: () => string;
}

export type Handle = (input: {
  event: RequestEvent;
  resolve: (event: RequestEvent) => Promise<Response>;
}) => Promise<Response>;

export type ServerLoad = (event: RequestEvent) => Promise<Record<string, unknown>>;
