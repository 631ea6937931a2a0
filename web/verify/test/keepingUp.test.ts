import { beforeEach, expect, test, vi } from "vitest";
import type { Verifier } from "../src/index.js";
import { Stub } from "./support/stub.js";
import { AT, GOOD, GOOD_P256, OF_THE_NEW_KEY, token, UNKNOWN_KID, VECTORS } from "./support/vectors.js";

const SESSION = VECTORS.good.claims.sid;

const accepts = (verifier: Verifier, name: string) => expect(verifier.verify(token(name))).resolves.toBeTruthy();
const refuses = (verifier: Verifier, name: string, code: string) =>
  expect(verifier.verify(token(name))).rejects.toMatchObject({ name: "Refusal", code });

async function knowing(verifier: Verifier): Promise<Verifier> {
  await verifier.start();
  await vi.waitFor(() => expect(verifier.knowsEndedSessions).toBe(true));
  return verifier;
}

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));

test("a logout is refused within a second", async () => {
  const stub = await Stub.start();
  const verifier = await knowing(stub.following());
  await accepts(verifier, GOOD);
  const endedAt = performance.now();
  stub.ends(SESSION);
  await vi.waitFor(() => refuses(verifier, GOOD, "session_revoked"), { interval: 10 });
  expect(performance.now() - endedAt).toBeLessThan(1_000);
  await refuses(verifier, GOOD_P256, "session_revoked");
  expect(verifier.endedSessions).toBe(2);
  expect(stub.feedRequests.slice(0, 2)).toEqual(["/service/ended", "/service/ended?after=1&wait=15"]);
});

test("the keys are fetched once, and for unknown keys at most every 30 seconds", async () => {
  const stub = await Stub.start();
  const verifier = stub.verifier();
  await Promise.all([GOOD, GOOD_P256, GOOD, GOOD_P256].map((name) => accepts(verifier, name)));
  expect(stub.keyRequests).toBe(1);
  for (const [later, requests] of [
    [0, 2],
    [29, 2],
    [30, 3],
    [59, 3],
    [60, 4],
  ] as const) {
    stub.now = AT + later;
    const flood = Array.from({ length: 20 }, () => refuses(verifier, UNKNOWN_KID, "access_token_invalid"));
    await Promise.all(flood);
    expect(stub.keyRequests).toBe(requests);
  }
});

test("a token of a new key is accepted, and one of a removed key is not", async () => {
  const stub = await Stub.start();
  const verifier = stub.verifier();
  await accepts(verifier, GOOD);
  stub.jwks = VECTORS.jwks.rotated;
  await accepts(verifier, OF_THE_NEW_KEY);
  await accepts(verifier, GOOD);
  stub.jwks = { keys: [VECTORS.signers["next ed25519"]] };
  stub.now += 30;
  await refuses(verifier, UNKNOWN_KID, "access_token_invalid");
  await refuses(verifier, GOOD, "access_token_invalid");
  await accepts(verifier, OF_THE_NEW_KEY);
});

test("the last keys stay in use through an outage", async () => {
  const stub = await Stub.start();
  const verifier = stub.verifier();
  await accepts(verifier, GOOD);
  stub.goesDown();
  await refuses(verifier, UNKNOWN_KID, "unavailable");
  await accepts(verifier, GOOD);
  await accepts(verifier, GOOD_P256);
  await refuses(verifier, UNKNOWN_KID, "unavailable");
  stub.jwks = VECTORS.jwks.rotated;
  stub.comesBack();
  stub.now += 1;
  await accepts(verifier, OF_THE_NEW_KEY);
});

test("nothing is called invalid before the keys are there", async () => {
  const stub = await Stub.start();
  stub.goesDown();
  const verifier = stub.verifier();
  await refuses(verifier, GOOD, "unavailable");
  await expect(verifier.verify("nonsense")).rejects.toMatchObject({ code: "access_token_invalid" });
  stub.comesBack();
  stub.now += 1;
  await accepts(verifier, GOOD);
});

test("while ended sessions are unknown, tokens are accepted or refused as chosen", async () => {
  const stub = await Stub.start();
  const open = await knowing(stub.following());
  const closed = await knowing(stub.following({ whenUnknown: "refuse" }));
  stub.goesDown();
  for (const [later, knows] of [
    [30, true],
    [31, false],
  ] as const) {
    stub.now = AT + later;
    expect([open.knowsEndedSessions, closed.knowsEndedSessions]).toEqual([knows, knows]);
    await accepts(open, GOOD);
    await (knows ? accepts(closed, GOOD) : refuses(closed, GOOD, "unavailable"));
    for (const verifier of [open, closed]) await refuses(verifier, "an ended session", "session_revoked");
  }
  stub.ends(SESSION);
  stub.comesBack();
  await vi.waitFor(() => expect(closed.knowsEndedSessions).toBe(true), { timeout: 10_000 });
  await refuses(closed, GOOD, "session_revoked");
});

test("with a wrong service key it is not known which sessions have ended", async () => {
  const stub = await Stub.start();
  const verifier = stub.following({
    endedSessions: { url: stub.url, serviceKey: "hls_wrong" },
    whenUnknown: "refuse",
  });
  await refuses(verifier, GOOD, "unavailable");
  expect(verifier.knowsEndedSessions).toBe(false);
});

test("settings that cannot work are refused", async () => {
  const stub = await Stub.start();
  for (const url of ["", "auth.example", "https://", "ftp://auth.example"]) {
    expect(() => stub.verifier({ url })).toThrow(/http/);
  }
  expect(() => stub.verifier({ knownFor: 4 })).toThrow(/5 seconds/);
});
