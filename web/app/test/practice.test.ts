import { describe, expect, it } from "vitest";
import { beginPractice } from "../src/family/practice.js";
import type { Decision, FamilyServer, FamilyView, Verdict } from "../src/family/server.js";
import { sum, tell } from "../src/family/words.js";

/** Answers as it is told to, and remembers who asked for what; the rule itself is the server's, and tested there. */
class Scripted implements FamilyServer {
  readonly asked: string[] = [];
  generation = 1;
  confirmed = 0;
  over: string | null = null;
  credits = 3;
  /** The network takes the next answer away. */
  isBad = false;

  constructor(private readonly decisions: Decision[]) {}

  view(id: string): Promise<FamilyView> {
    const { generation, confirmed, over } = this;
    const at = "2026-01-01T00:00:00Z";
    const policy = { overlap: 10, recovery_burst: 3, recovery_every: 10 };
    const rest = { recovered: 0, credits: this.credits, rotated_at: at, expires_at: at, at, policy };
    return Promise.resolve({ id, generation, confirmed, revoked_reason: over, ...rest });
  }

  begin() {
    return Promise.resolve({ id: "family", tokens: tokens(1) });
  }

  show(token: string): Promise<Verdict> {
    this.asked.push(`show ${token}`);
    const decision = this.decisions.shift() ?? "invalid";
    if (decision === "rotated") this.generation += 1;
    if (decision === "reused") this.over = "reuse";
    if (this.isBad) {
      this.isBad = false;
      return Promise.reject(new TypeError("fetch failed"));
    }
    const isGranted = ["rotated", "replayed", "recovered"].includes(decision);
    return Promise.resolve({
      status: isGranted ? 200 : 401,
      decision,
      tokens: isGranted ? tokens(this.generation) : null,
    });
  }

  use(token: string) {
    this.asked.push(`use ${token}`);
    this.confirmed = Math.max(this.confirmed, Number(token.slice(1)));
    return Promise.resolve(true);
  }

  end() {
    return Promise.resolve();
  }
}

const tokens = (generation: number) => ({ refresh: `r${generation}`, access: `a${generation}` });

async function begins(...decisions: Decision[]) {
  const server = new Scripted(decisions);
  const begun = await beginPractice(server);
  if (!begun) throw new Error("offered");
  return { server, ...begun };
}

describe("Practising", () => {
  it("shows the newest token and uses what comes of it", async () => {
    const { server, practising } = await begins("rotated", "rotated");
    await practising.refresh();
    const { view, steps } = await practising.refresh();
    expect(server.asked).toEqual(["show r1", "use a2", "show r2", "use a3"]);
    expect([view.generation, view.confirmed, steps.length]).toEqual([3, 3, 2]);
    expect(steps.map(sum)[1]).toBe("The page shows generation 2: 200, with generation 3");
  });

  it("lets two tabs show one token, and sees that both got the same", async () => {
    const { server, practising } = await begins("rotated", "replayed");
    const { steps, point } = await practising.race();
    expect(server.asked.slice(0, 2)).toEqual(["show r1", "show r1"]);
    expect(steps.map(({ decision, given, isTwin }) => [decision, given, isTwin])).toEqual([
      ["rotated", 2, true],
      ["replayed", 2, true],
    ]);
    expect(point && tell(point).why).toMatch(/very same successor/);
  });

  it("forgets a lost answer, and shows the spent token to get it again", async () => {
    const { server, practising } = await begins("rotated", "recovered", "rotated");
    const lost = await practising.loseAnswer();
    expect([lost.lost, lost.steps[0]?.isLost, lost.view.confirmed]).toEqual([2, true, 1]);
    const again = await practising.retry();
    expect([again.lost, again.point?.decision, again.view.confirmed]).toEqual([null, "recovered", 2]);
    await practising.refresh();
    expect(server.asked).toEqual(["use a1", "show r1", "show r1", "use a2", "show r2", "use a3"]);
  });

  it("lets its owner go on twice before the thief shows his copy, and then find out", async () => {
    const { server, practising } = await begins("rotated", "rotated", "reused", "revoked");
    const { steps, point, view } = await practising.steal();
    expect(server.asked.filter((asked) => asked.startsWith("show"))).toEqual([
      "show r1",
      "show r2",
      "show r1",
      "show r3",
    ]);
    expect(steps.map(({ actor }) => actor)).toEqual(["The page", "The page", "The thief", "The page"]);
    expect(point?.decision).toBe("reused");
    expect(view.revoked_reason).toBe("reuse");
  });

  it("keeps up with the server when an answer is really lost", async () => {
    const { server, practising } = await begins("rotated", "replayed", "rotated");
    server.isBad = true;
    await expect(practising.refresh()).rejects.toThrow(TypeError);
    const again = await practising.refresh();
    expect(again.steps.map(sum)).toEqual(["The page shows generation 1: 200, with generation 2"]);
    expect([again.view.generation, again.view.confirmed]).toEqual([2, 2]);
    await practising.refresh();
    expect(server.asked).toEqual(["show r1", "show r1", "use a2", "show r2", "use a3"]);
  });

  it("forgets no step whose outcome could not be looked at", async () => {
    const { server, practising } = await begins("rotated", "rotated");
    const view = server.view.bind(server);
    server.view = () => Promise.reject(new TypeError("fetch failed"));
    await expect(practising.refresh()).rejects.toThrow(TypeError);
    server.view = view;
    expect((await practising.refresh()).steps.map(sum)).toEqual([
      "The page shows generation 1: 200, with generation 2",
      "The page shows generation 2: 200, with generation 3",
    ]);
  });

  it("sees no thief in a family that was ended elsewhere", async () => {
    const { server, practising } = await begins("revoked", "revoked", "revoked");
    server.over = "admin";
    const { point } = await practising.race();
    expect(point && tell(point).why).toMatch(/ended from elsewhere.*no thief/);
    const { steps } = await practising.steal();
    expect(steps.map(({ actor }) => actor)).toEqual(["Tab A", "Tab B", "The page"]);
  });

  it("says that the credits are spent, and not that there is a thief", async () => {
    const { server, practising } = await begins("rotated", "reused");
    server.credits = 0;
    await practising.loseAnswer();
    const { point } = await practising.retry();
    const told = point && tell(point);
    expect(told?.title).toBe("Taken for theft: the credits are spent");
    expect(told?.why).toMatch(/^Nobody has used generation 2/);
    expect(told?.isTheft).toBeUndefined();
  });

  it("says why silence counts for nothing where nothing was ever used", async () => {
    const { server, practising } = await begins("rotated", "reused");
    server.use = () => Promise.resolve(false);
    await practising.loseAnswer();
    const { point } = await practising.retry();
    expect(point && tell(point).why).toMatch(/nor 1 before it/);
  });

  it("tells what becomes of the honest page after a theft", async () => {
    const { practising } = await begins("rotated", "rotated", "reused", "revoked");
    const { point } = await practising.steal();
    expect(point && tell(point).why).toMatch(/generation 3 is in use.*gets a 401 too/);
    expect(point && tell(point).isTheft).toBe(true);
  });

  it("has words for every decision", async () => {
    const { start } = await begins();
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
      const told = tell({ actor: "The page", shown: 1, status: 200, decision, given: 2, family: start.view });
      expect(told.title.length * told.why.length, decision).toBeGreaterThan(0);
    }
  });
});
