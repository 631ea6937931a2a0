import { requireSession, sessionOf } from "@heirloom/verify/fastify";
import fastify from "fastify";
import { heirloom } from "./verifier.js";

export const app = fastify();
app.get("/health", () => "ok");
app.get("/orders", { onRequest: requireSession(heirloom) }, (request) => {
  return `the orders of ${sessionOf(request).userId}`;
});
