// What verifying a token costs: `npm run build && npm run bench`.
import { readFileSync } from "node:fs";
import { createVerifier } from "@heirloom/verify";

const vectors = JSON.parse(readFileSync(new URL("../../../vectors/access_tokens.json", import.meta.url), "utf8"));
const named = (name) => vectors.vectors.find((vector) => vector.name === name);

async function measure(label, rounds, action) {
  for (let round = 0; round < rounds / 10; round++) await action();
  const began = performance.now();
  for (let round = 0; round < rounds; round++) await action();
  console.log(`${label}: ${(((performance.now() - began) * 1000) / rounds).toFixed(2)} µs`);
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
  await measure(`${name}, known`, 200_000, known);
  const others = Array.from({ length: 400 }, () => createVerifier(options));
  await Promise.all(others.map((other) => other.start()));
  let fresh = 0;
  await measure(`${name}, new`, 300, () => others[fresh++].verify(token));
}
