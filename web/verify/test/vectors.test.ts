import { expect, test, vi } from "vitest";
import { type Refusal } from "../src/index.js";
import { parseKeySet } from "../src/keys.js";
import { Stub } from "./support/stub.js";
import { AT, token, VECTORS } from "./support/vectors.js";

test.each(["current", "rotated"] as const)(
  "every vector with the %s keys is judged as it says, twice",
  async (jwks) => {
    const stub = await Stub.start();
    stub.jwks = VECTORS.jwks[jwks];
    const verifier = stub.following();
    await verifier.start();
    await vi.waitFor(() => expect(verifier.knowsEndedSessions).toBe(true));
    const vectors = VECTORS.vectors.filter((vector) => vector.jwks === jwks);
    expect(vectors.length).toBeGreaterThan(1);
    for (const { name, token, at, expect: expected } of [...vectors, ...vectors]) {
      stub.now = at;
      const verdict = await verifier.verify(token).then(
        () => "accepted",
        (refusal: unknown) => (refusal as Refusal).code,
      );
      expect([name, verdict]).toEqual([name, expected]);
    }
  },
);

test("claims beyond the known ones reach the app", async () => {
  const stub = await Stub.start();
  const { userId, sessionId, claims } = await stub.verifier().verify(token("a token with more claims"));
  expect([userId, sessionId]).toEqual([claims.sub, claims.sid]);
  expect(claims).toMatchObject({
    role: "admin",
    plan: { name: "team", seats: 5 },
    amr: ["pwd", "otp"],
    acr: "2",
    act: { sub: "support" },
    gen: 7,
    iat: AT,
  });
});

test("keys of other kinds are left out, and a set without keys is refused", async () => {
  const [good] = VECTORS.jwks.current.keys;
  const bad = [
    { kty: "RSA", kid: "r", n: "AQAB", e: "AQAB" },
    { ...good, use: "enc" },
    { ...good, alg: "ES256" },
    { ...good, kid: undefined },
    { ...good, x: "AA", kid: "short" },
  ];
  expect((await parseKeySet({ keys: [...bad, good] })).size).toBe(1);
  for (const set of [null, [], {}, { keys: {} }, { keys: [] }, { keys: bad }]) {
    await expect(parseKeySet(set)).rejects.toThrow();
  }
});
