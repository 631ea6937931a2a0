// A service for tests in other languages. Its settings are environment variables.
import process from "node:process";
import { createVerifier } from "@heirloom/verify";
import { requireSession, sessionOf } from "@heirloom/verify/express";
import express from "express";

const { HEIRLOOM_URL: url, HEIRLOOM_SERVICE_URL, HEIRLOOM_SERVICE_KEY: serviceKey, PORT } = process.env;
const verifier = createVerifier({ url, endedSessions: { url: HEIRLOOM_SERVICE_URL, serviceKey } });
const app = express();
app.use(requireSession(verifier));
app.get("/orders", (request, response) => {
  response.send(`the orders of ${sessionOf(request).userId}`);
});
await verifier.start();
app.listen(Number(PORT), "127.0.0.1");
