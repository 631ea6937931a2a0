// Logs users in with an OpenID provider. The provider knows who they are, and Heirloom keeps their sessions.
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import * as oidc from "openid-client";
import { createTicket, logOutEverywhere } from "./heirloom.js";

const {
  PORT = "3000",
  HEIRLOOM_URL = "http://localhost:8080",
  OIDC_ISSUER = "http://localhost:4000",
  OIDC_CLIENT_ID = "example",
  OIDC_CLIENT_SECRET = "example-secret",
  SUPPORT_TOKEN,
} = process.env;
const url = `http://localhost:${PORT}`;

// A provider without TLS is for your own machine only.
const execute = OIDC_ISSUER.startsWith("http://localhost:") ? [oidc.allowInsecureRequests] : [];
const provider = await oidc.discovery(new URL(OIDC_ISSUER), OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, undefined, { execute });

/** Logins in progress, by the cookie of their browser: a table of a real backend. */
const logins = new Map();
const app = express();

/** The login that this browser has begun. */
function loginOf(request) {
  const [, id] = /(?:^|; )login=([^;]+)/.exec(request.headers.cookie ?? "") ?? [];
  return { id, login: logins.get(id) };
}

app.get("/login", async (_, response) => {
  const login = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce() };
  const id = randomUUID();
  logins.set(id, login);
  setTimeout(() => logins.delete(id), 600_000).unref();
  // `lax`, because the provider sends the browser back. The callback of one browser does not work in another.
  response.cookie("login", id, { httpOnly: true, sameSite: "lax", secure: true });
  const parameters = {
    redirect_uri: `${url}/callback`,
    scope: "openid email",
    code_challenge: await oidc.calculatePKCECodeChallenge(login.verifier),
    code_challenge_method: "S256",
    state: login.state,
    nonce: login.nonce,
  };
  response.redirect(oidc.buildAuthorizationUrl(provider, parameters).href);
});

app.get("/callback", async (request, response) => {
  const { login } = loginOf(request);
  const checks = {
    pkceCodeVerifier: login?.verifier,
    expectedState: login?.state,
    expectedNonce: login?.nonce,
    idTokenExpected: true,
  };
  try {
    if (!login) throw new Error("no login in this browser");
    const tokens = await oidc.authorizationCodeGrant(provider, new URL(request.url, url), checks);
    login.claims = tokens.claims();
  } catch (error) {
    console.error(`A login failed: ${error.message}`);
    return response.redirect("/?login=failed");
  }
  // No ticket in the URL: the page gets it with the cookie of the browser that has begun the login. A link with a ticket
  // could log someone in unnoticed.
  response.redirect("/?login=done");
});

app.post("/ticket", async (request, response) => {
  const { id, login } = loginOf(request);
  logins.delete(id);
  if (!login?.claims) return response.status(400).json({ error: "Log in again." });
  const { iss, sub, email, email_verified, amr, acr } = login.claims;
  response.json({
    ticket: await createTicket(
      { subject: `${iss}|${sub}`, claims: { ...(email_verified && { email }) } },
      { ...(amr && { amr }), ...(acr && { acr }) },
    ),
  });
});

/** For your support: someone has left the company. */
app.post("/support/left", express.json(), async (request, response) => {
  if (!SUPPORT_TOKEN || request.headers.authorization !== `Bearer ${SUPPORT_TOKEN}`) return response.sendStatus(403);
  await logOutEverywhere(`${OIDC_ISSUER}|${request.body.sub}`);
  response.json({});
});

app.get("/config.json", (_, response) => response.json({ heirloom: HEIRLOOM_URL }));
const client = dirname(fileURLToPath(import.meta.resolve("@heirloom/client")));
app.use("/modules/client", express.static(client));
app.use(express.static(fileURLToPath(new URL("page", import.meta.url))));
app.listen(Number(PORT), "localhost", () => console.log(`OIDC example: ${url}`));
