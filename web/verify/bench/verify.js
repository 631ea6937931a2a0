// What verifying a token costs, and the memory of a million ended sessions: `npm run build && npm run bench`.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { createVerifier } from "@heirloom/verify";

const vectors = JSON.parse(readFileSync(new URL("../../../vectors/access_tokens.json", import.meta.url), "utf8"));
const named = (name) => vectors.vectors.find((vector) => vector.name === name);

/** What verifying a known token may cost, in microseconds. */
const LIMIT = 20;

async function measure(label, rounds, action) {
  for (let round = 0; round < rounds / 10; round++) await action();
  const began = performance.now();
  for (let round = 0; round < rounds; round++) await action();
  const cost = ((performance.now() - began) * 1000) / rounds;
  console.log(`${label}: ${cost.toFixed(2)} µs`);
  return cost;
}

for (const name of ["a good token with EdDSA", "a good token with ES256"]) {
  const { token, at } = named(name);
  const options = {
    url: "http://heirloom.invalid",
    issuer: vectors.issuer,
    audience: vectors.audience,
    now: () => at,
    fetch: async () => Response.json(vectors.jwks.current),
  };
  const verifier = createVerifier(options);
  await verifier.verify(token);
  const headers = Array.from({ length: 64 }, () => Buffer.from(`Bearer ${token}`));
  let next = 0;
  // A new string for each request, as it comes from a socket.
  const known = () => verifier.verifyHeader(headers[next++ % headers.length].toString("latin1"));
  if ((await measure(`${name}, known`, 200_000, known)) > LIMIT) {
    console.error(`more than ${LIMIT} µs`);
    process.exitCode = 1;
  }
  const others = Array.from({ length: 400 }, () => createVerifier(options));
  await Promise.all(others.map((other) => other.start()));
  let fresh = 0;
  await measure(`${name}, new`, 300, () => others[fresh++].verify(token));
}

const pages = 100;
let sent = 0;
const endedSessions = { url: "http://heirloom.invalid", serviceKey: "hls_" };
const page = () => Array.from({ length: 10_000 }, () => ({ session_id: randomUUID() }));
const follower = createVerifier({
  url: "http://heirloom.invalid",
  endedSessions,
  fetch: async (url) => {
    if (url.endsWith("jwks.json")) return Response.json(vectors.jwks.current);
    // The last request waits.
    return sent++ < pages ? Response.json({ ended: page(), cursor: "", keep_for: 960 }) : new Promise(() => {});
  },
});
globalThis.gc();
const before = process.memoryUsage().heapUsed;
await follower.start();
while (follower.endedSessions < 1_000_000) await setTimeout(50);
await setTimeout(500);
globalThis.gc();
const mebibytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
console.log(`${follower.endedSessions} ended sessions: ${mebibytes.toFixed(0)} MiB`);
follower.close();
process.exit();
