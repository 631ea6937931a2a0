import { describe, expect, it } from "vitest";
import type { Decision, FamilyApi, FamilyView, RefreshResult } from "../src/family/familyApi.js";
import { startSandbox } from "../src/family/sandbox.js";
import { describeStep, summarizeStep } from "../src/family/stepText.js";

/** Makes the decisions of a test, and records the requests. The tests of the server cover the rules. */
class FakeApi implements FamilyApi {
  readonly requests: string[] = [];
  generation = 1;
  confirmed = 0;
  revokedReason: string | null = null;
  credits = 3;
  /** The next response is lost. */
  losesResponse = false;

  constructor(private readonly decisions: Decision[]) {}

  getFamily(id: string): Promise<FamilyView> {
    const { generation, confirmed, revokedReason } = this;
    const at = "2026-01-01T00:00:00Z";
    const policy = { overlap: 10, recovery_burst: 3, recovery_every: 10 };
    const rest = { recovered: 0, credits: this.credits, rotated_at: at, expires_at: at, at, policy };
    return Promise.resolve({ id, generation, confirmed, revoked_reason: revokedReason, ...rest });
  }

  startSandbox() {
    return Promise.resolve({ id: "family", tokens: tokens(1) });
  }

  refresh(token: string): Promise<RefreshResult> {
    this.requests.push(`refresh ${token}`);
    const decision = this.decisions.shift() ?? "invalid";
    if (decision === "rotated") this.generation += 1;
    if (decision === "reused") this.revokedReason = "reuse";
    if (this.losesResponse) {
      this.losesResponse = false;
      return Promise.reject(new TypeError("fetch failed"));
    }
    const isOk = ["rotated", "replayed", "recovered"].includes(decision);
    return Promise.resolve({
      status: isOk ? 200 : 401,
      decision,
      tokens: isOk ? tokens(this.generation) : null,
    });
  }

  confirm(token: string) {
    this.requests.push(`confirm ${token}`);
    this.confirmed = Math.max(this.confirmed, Number(token.slice(1)));
    return Promise.resolve(true);
  }

  logout() {
    return Promise.resolve();
  }
}

const tokens = (generation: number) => ({ refresh: `r${generation}`, access: `a${generation}` });

async function start(...decisions: Decision[]) {
  const api = new FakeApi(decisions);
  const started = await startSandbox(api);
  if (!started) throw new Error("no sandbox");
  return { api, ...started };
}

describe("The sandbox", () => {
  it("presents the newest token and confirms the next one", async () => {
    const { api, sandbox } = await start("rotated", "rotated");
    await sandbox.refresh();
    const { family, steps } = await sandbox.refresh();
    expect(api.requests).toEqual(["refresh r1", "confirm a2", "refresh r2", "confirm a3"]);
    expect([family.generation, family.confirmed, steps.length]).toEqual([3, 3, 2]);
    expect(steps.map(summarizeStep)[1]).toBe("The page presents generation 2: 200 with generation 3");
  });

  it("presents one token in two tabs, and compares the responses", async () => {
    const { api, sandbox } = await start("rotated", "replayed");
    const { steps, result } = await sandbox.race();
    expect(api.requests.slice(0, 2)).toEqual(["refresh r1", "refresh r1"]);
    expect(steps.map(({ decision, returned, isSameToken }) => [decision, returned, isSameToken])).toEqual([
      ["rotated", 2, true],
      ["replayed", 2, true],
    ]);
    expect(result && describeStep(result).why).toMatch(/received the same successor/);
  });

  it("ignores a lost response, and presents the old token again to recover it", async () => {
    const { api, sandbox } = await start("rotated", "recovered", "rotated");
    const lost = await sandbox.loseResponse();
    expect([lost.lost, lost.steps[0]?.isLost, lost.family.confirmed]).toEqual([2, true, 1]);
    const again = await sandbox.retry();
    expect([again.lost, again.result?.decision, again.family.confirmed]).toEqual([null, "recovered", 2]);
    await sandbox.refresh();
    expect(api.requests).toEqual(["confirm a1", "refresh r1", "refresh r1", "confirm a2", "refresh r2", "confirm a3"]);
  });

  it("refreshes twice before the thief replays the copy, and then presents the newest token", async () => {
    const { api, sandbox } = await start("rotated", "rotated", "reused", "revoked");
    const { steps, result, family } = await sandbox.steal();
    expect(api.requests.filter((request) => request.startsWith("refresh"))).toEqual([
      "refresh r1",
      "refresh r2",
      "refresh r1",
      "refresh r3",
    ]);
    expect(steps.map(({ actor }) => actor)).toEqual(["page", "page", "thief", "page"]);
    expect(result?.decision).toBe("reused");
    expect(family.revoked_reason).toBe("reuse");
  });

  it("recovers when a response is really lost", async () => {
    const { api, sandbox } = await start("rotated", "replayed", "rotated");
    api.losesResponse = true;
    await expect(sandbox.refresh()).rejects.toThrow(TypeError);
    const again = await sandbox.refresh();
    expect(again.steps.map(summarizeStep)).toEqual(["The page presents generation 1: 200 with generation 2"]);
    expect([again.family.generation, again.family.confirmed]).toEqual([2, 2]);
    await sandbox.refresh();
    expect(api.requests).toEqual(["refresh r1", "refresh r1", "confirm a2", "refresh r2", "confirm a3"]);
  });

  it("keeps a step even if the family cannot be loaded after it", async () => {
    const { api, sandbox } = await start("rotated", "rotated");
    const getFamily = api.getFamily.bind(api);
    api.getFamily = () => Promise.reject(new TypeError("fetch failed"));
    await expect(sandbox.refresh()).rejects.toThrow(TypeError);
    api.getFamily = getFamily;
    expect((await sandbox.refresh()).steps.map(summarizeStep)).toEqual([
      "The page presents generation 1: 200 with generation 2",
      "The page presents generation 2: 200 with generation 3",
    ]);
  });

  it("reports no thief if the family was revoked elsewhere", async () => {
    const { api, sandbox } = await start("revoked", "revoked", "revoked");
    api.revokedReason = "admin";
    const { result } = await sandbox.race();
    expect(result && describeStep(result).why).toMatch(/revoked from elsewhere.*no thief/);
    const { steps } = await sandbox.steal();
    expect(steps.map(({ actor }) => actor)).toEqual(["tabA", "tabB", "page"]);
  });

  it("reports that no credits are left, and no thief", async () => {
    const { api, sandbox } = await start("rotated", "reused");
    api.credits = 0;
    await sandbox.loseResponse();
    const { result } = await sandbox.retry();
    const description = result && describeStep(result);
    expect(description?.title).toBe("Treated as theft: no recovery credits are left");
    expect(description?.why).toMatch(/^Generation 2 was not used/);
    expect(description?.isTheft).toBeUndefined();
  });

  it("explains why an unused token proves nothing if the client never uses its tokens", async () => {
    const { api, sandbox } = await start("rotated", "reused");
    api.confirm = () => Promise.resolve(false);
    await sandbox.loseResponse();
    const { result } = await sandbox.retry();
    expect(result && describeStep(result).why).toMatch(/nor generation 1 was used/);
  });

  it("explains what happens to the honest page after a theft", async () => {
    const { sandbox } = await start("rotated", "rotated", "reused", "revoked");
    const { result } = await sandbox.steal();
    expect(result && describeStep(result).why).toMatch(/generation 3 is in use.*gets a 401 too/);
    expect(result && describeStep(result).isTheft).toBe(true);
  });

  it("describes every decision", async () => {
    const { state } = await start();
    const all: Decision[] = [
      "rotated",
      "replayed",
      "recovered",
      "caught_up",
      "reused",
      "expired",
      "revoked",
      "invalid",
      "disabled",
    ];
    for (const decision of all) {
      const description = describeStep({
        actor: "page",
        presented: 1,
        status: 200,
        decision,
        returned: 2,
        family: state.family,
      });
      expect(description.title.length * description.why.length, decision).toBeGreaterThan(0);
    }
  });
});
