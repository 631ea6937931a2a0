// Uses the npm packages as a service does, in a folder where only their tarballs are installed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createSession } from "@heirloom/client";
import * as account from "@heirloom/client/account";
import { createVerifier } from "@heirloom/verify";

const { HEIRLOOM_URL, HEIRLOOM_TOKEN, HEIRLOOM_USER } = process.env;

const session = createSession({ baseUrl: HEIRLOOM_URL, tokenDelivery: "body" });
const user = await session.login({ email: "alice@example.com", password: "three lamps on the stairs" });
assert.equal(user.id, HEIRLOOM_USER);
const me = await session.fetch(`${HEIRLOOM_URL}/users/me`);
assert.equal((await me.json()).email, "alice@example.com");
await session.logout();
assert.equal(session.getState().status, "anonymous");
assert.ok(Object.keys(account).length > 0);

const verifier = createVerifier({ url: HEIRLOOM_URL });
assert.equal((await verifier.verify(HEIRLOOM_TOKEN)).userId, HEIRLOOM_USER);
await assert.rejects(verifier.verify(`${HEIRLOOM_TOKEN}x`), { code: "access_token_invalid" });

for (const name of ["client", "verify"]) {
  const folder = `node_modules/@heirloom/${name}`;
  const { types } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  assert.ok(readFileSync(`${folder}/${types}`, "utf8").length > 0, `@heirloom/${name} has its types`);
}
console.log("@heirloom/client logs in, calls and logs out; @heirloom/verify verifies");
process.exit(0);
