// Logs users in with passkeys. This backend knows who they are, and Heirloom keeps their sessions.
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createVerifier } from "@heirloom/verify";
import { requireSession, sessionOf } from "@heirloom/verify/express";
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import express from "express";
import { callHeirloom, createTicket, logOutEverywhere } from "./heirloom.js";

const {
  PORT = "3000",
  HEIRLOOM_URL = "http://localhost:8080",
  HEIRLOOM_SERVICE_URL = "http://127.0.0.1:9090",
  HEIRLOOM_SERVICE_KEY: serviceKey,
  MAX_AGE = "60",
  SUPPORT_TOKEN,
} = process.env;
/** What the browser signs. In production: your domain, and `https://` with it. */
const rp = { expectedRPID: "localhost", expectedOrigin: `http://localhost:${PORT}` };

/** Passkeys by their ids, and the ceremonies in progress by the cookie of their browser: tables of a real backend. */
const passkeys = new Map();
const ceremonies = new Map();

const verifier = createVerifier({ url: HEIRLOOM_URL, endedSessions: { url: HEIRLOOM_SERVICE_URL, serviceKey } });
const app = express();
app.use(express.json());

/** Remembers the challenge for this browser only, so the response of another browser does not fit. */
function begin(response, ceremony) {
  const id = randomUUID();
  ceremonies.set(id, ceremony);
  setTimeout(() => ceremonies.delete(id), 300_000).unref();
  response.cookie("ceremony", id, { httpOnly: true, sameSite: "strict", secure: true });
}

/** The ceremony that this browser has begun. It counts once. */
function finish(request) {
  const [, id] = /(?:^|; )ceremony=([^;]+)/.exec(request.headers.cookie ?? "") ?? [];
  const ceremony = ceremonies.get(id);
  ceremonies.delete(id);
  return ceremony;
}

app.post("/passkeys/new", async (request, response) => {
  // The passkey has the user's own id, which never changes. The name is only for people.
  const user = { id: randomUUID(), name: String(request.body.name).slice(0, 64) };
  const options = await generateRegistrationOptions({
    rpName: "Passkey example",
    rpID: rp.expectedRPID,
    userID: new TextEncoder().encode(user.id),
    userName: user.name,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  begin(response, { challenge: options.challenge, user });
  response.json(options);
});

app.post("/passkeys", async (request, response) => {
  const { challenge, user } = finish(request) ?? {};
  if (!user) return response.status(400).json({ error: "This took too long. Try again." });
  const check = { ...rp, response: request.body, expectedChallenge: challenge };
  const { verified, registrationInfo } = await verifyRegistrationResponse(check).catch(() => ({}));
  if (!verified) return response.status(403).json({ error: "This passkey cannot be used." });
  passkeys.set(registrationInfo.credential.id, { credential: registrationInfo.credential, user });
  response.json({ ticket: await ticketFor(user) });
});

app.post("/login/new", async (_, response) => {
  const options = await generateAuthenticationOptions({ rpID: rp.expectedRPID, userVerification: "required" });
  begin(response, { challenge: options.challenge });
  response.json(options);
});

app.post("/login", async (request, response) => {
  const user = await verifyPasskey(request);
  if (!user) return response.status(403).json({ error: "This passkey is not known here." });
  // Only the page that has sent this request gets the ticket. A link with a ticket could log someone in unnoticed.
  response.json({ ticket: await ticketFor(user) });
});

/** The user of the passkey with which the browser has just responded to the challenge. */
async function verifyPasskey(request) {
  const { challenge } = finish(request) ?? {};
  const passkey = passkeys.get(request.body?.id);
  if (!challenge || !passkey) return undefined;
  const check = { ...rp, response: request.body, expectedChallenge: challenge, credential: passkey.credential };
  const { verified, authenticationInfo } = await verifyAuthenticationResponse(check).catch(() => ({}));
  if (!verified) return undefined;
  passkey.credential.counter = authenticationInfo.newCounter;
  return passkey.user;
}

/** Access tokens say with `amr` that a key in hardware and the user's presence were checked (RFC 8176). */
function ticketFor({ id, name }) {
  return createTicket({ subject: `passkey|${id}` }, { amr: ["hwk", "user"], claims: { name, login: id } });
}

/** Only for users who have proved within `MAX_AGE` seconds who they are (RFC 9470). */
app.get("/secret", requireSession(verifier), (request, response) => {
  const { claims } = sessionOf(request);
  if (Date.now() / 1000 - claims.auth_time > Number(MAX_AGE)) {
    const challenge = `Bearer error="insufficient_user_authentication", max_age=${MAX_AGE}`;
    return response.status(401).set("www-authenticate", challenge).json({ error: "Use your passkey again." });
  }
  response.json({ secret: `The secret of ${claims.name}` });
});

app.post("/step-up", requireSession(verifier), async (request, response) => {
  const { sessionId, claims } = sessionOf(request);
  const user = await verifyPasskey(request);
  if (user?.id !== claims.login) return response.status(403).json({ error: "This is another user's passkey." });
  await callHeirloom("POST", `sessions/${sessionId}/reauthenticated`, { amr: ["hwk", "user"] });
  response.json({});
});

/** For your support: a device was lost. Its passkey goes, and so does every session of the user. */
app.post("/support/lost-device", async (request, response) => {
  if (!SUPPORT_TOKEN || request.headers.authorization !== `Bearer ${SUPPORT_TOKEN}`) return response.sendStatus(403);
  for (const [id, { user }] of passkeys) {
    if (user.name !== request.body.name) continue;
    passkeys.delete(id);
    await logOutEverywhere(`passkey|${user.id}`);
  }
  response.json({});
});

const folderOf = (name) => dirname(fileURLToPath(import.meta.resolve(name)));
app.get("/config.json", (_, response) => response.json({ heirloom: HEIRLOOM_URL }));
app.use("/modules/client", express.static(folderOf("@heirloom/client")));
app.use(
  "/modules/webauthn",
  express.static(fileURLToPath(new URL("../esm", import.meta.resolve("@simplewebauthn/browser")))),
);
app.use(express.static(fileURLToPath(new URL("page", import.meta.url))));
app.listen(Number(PORT), "localhost", () => console.log(`Passkey example: http://localhost:${PORT}`));
