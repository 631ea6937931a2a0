import { createPublicKey } from "node:crypto";
import { createRemoteJWKSet, type JWK, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { expect, onTestFinished, test } from "vitest";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { createVerifier } from "../src/index.js";

const ALICE = { email: "alice@example.com", password: "three lamps on the stairs" };

async function post(url: string, body: unknown): Promise<Record<string, string>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBeLessThan(300);
  return (await response.json()) as Record<string, string>;
}

test("jose, jsonwebtoken and this package accept tokens of a running Heirloom, through a change of the algorithm", async () => {
  const settings: Record<string, string> = {};
  const heirloom = await Heirloom.start(settings);
  onTestFinished(() => heirloom.remove());
  const verifier = createVerifier({ url: heirloom.url });
  const keySet = createRemoteJWKSet(new URL(`${heirloom.url}/.well-known/jwks.json`));
  const { id } = await post(`${heirloom.url}/register`, ALICE);
  const tokens: string[] = [];
  for (const algorithm of ["EdDSA", "ES256"]) {
    await heirloom.stop();
    settings.HEIRLOOM_ACCESS_TOKEN_ALG = algorithm;
    await heirloom.launch();
    const { access_token = "" } = await post(`${heirloom.url}/login`, { ...ALICE, token_delivery: "body" });
    tokens.push(access_token);
    for (const token of tokens) {
      expect((await verifier.verify(token)).userId).toBe(id);
      const options = { issuer: "heirloom", audience: "heirloom", typ: "at+jwt", algorithms: ["EdDSA", "ES256"] };
      expect((await jwtVerify(token, keySet, options)).payload.sub).toBe(id);
    }
  }
  const { keys } = (await (await fetch(`${heirloom.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  expect(keys.map(({ alg, use }) => [alg, use])).toEqual([
    ["ES256", "sig"],
    ["EdDSA", "sig"],
  ]);
  // It does not know EdDSA, which is why ES256 is a choice.
  const key = createPublicKey({ key: keys[0] as Record<string, string>, format: "jwk" });
  const claims = jsonwebtoken.verify(tokens[1]!, key, {
    algorithms: ["ES256"],
    issuer: "heirloom",
    audience: "heirloom",
  });
  expect(claims).toMatchObject({ sub: id });
});
