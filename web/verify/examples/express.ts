import { requireSession, sessionOf } from "@heirloom/verify/express";
import express from "express";
import { heirloom } from "./verifier.js";

export const app = express();
app.get("/health", (_request, response) => void response.send("ok"));
app.use(requireSession(heirloom));
app.get("/orders", (request, response) => {
  response.send(`the orders of ${sessionOf(request).userId}`);
});
