import type { Decision, FamilyServer, FamilyView, Tokens, Verdict } from "./server.js";

export type Actor = "The page" | "Tab A" | "Tab B" | "The thief" | "Somebody";

/** One token that was shown, and what came of it. */
export interface Step {
  readonly actor: Actor;
  /** The generation that was shown. */
  readonly shown: number;
  readonly status: number;
  readonly decision: Decision;
  /** The generation that came with the answer. */
  readonly given: number | null;
  /** Nobody got the answer. */
  readonly isLost?: boolean;
  /** Two answers were compared, and held the very same token. */
  readonly isTwin?: boolean;
  /** The family after it; the whole situation, where that was several steps. */
  readonly family: FamilyView;
}

type Shown = Omit<Step, "family">;

export interface Practice {
  readonly view: FamilyView;
  /** The newest last. */
  readonly steps: readonly Step[];
  /** The one that tells what the last situation came to. */
  readonly point: Step | null;
  /** The generation whose answer was lost, until it is asked for again. */
  readonly lost: number | null;
}

/** A family to practise on: real tokens, shown to the real server, by everybody who could hold them. */
export interface Practising {
  refresh(): Promise<Practice>;
  race(): Promise<Practice>;
  loseAnswer(): Promise<Practice>;
  /** Asks once more for what was lost. */
  retry(): Promise<Practice>;
  steal(): Promise<Practice>;
  /** Shows the token of any generation again. */
  showAgain(generation: number): Promise<Practice>;
  end(): void;
}

/** Null where the server offers no practice. */
export async function beginPractice(server: FamilyServer): Promise<{ start: Practice; practising: Practising } | null> {
  const begun = await server.begin();
  if (!begun) return null;
  const view = await viewOf(server, begun.id);
  return {
    start: { view, steps: [], point: null, lost: null },
    practising: practisingWith(server, view, begun.tokens),
  };
}

function practisingWith(server: FamilyServer, begun: FamilyView, first: Tokens): Practising {
  /** By generation; the first has the index 1. */
  const tokens: (Tokens | undefined)[] = [undefined, first];
  let used = 0;
  let practice: Practice = { view: begun, steps: [], point: null, lost: null };

  const tokenOf = (generation: number) => {
    const token = tokens[generation];
    if (!token) throw new Error(`This page does not hold generation ${generation}`);
    return token.refresh;
  };
  const newest = () => tokens.length - 1;

  const look = async (shown: readonly Shown[], lost: number | null) => {
    let family = practice.view;
    try {
      family = await viewOf(server, begun.id, used);
    } finally {
      const steps = shown.map((step) => ({ ...step, family }));
      const point = steps.find(({ decision }) => decision === "reused") ?? steps.at(-1) ?? null;
      practice = { view: family, steps: [...practice.steps, ...steps], point, lost };
    }
    return practice;
  };

  const stepOf = (actor: Actor, shown: number, { status, decision, tokens }: Verdict): Shown => ({
    actor,
    shown,
    status,
    decision,
    // Whatever this page believes the newest to be: answers get lost on real networks too, and the server is further then.
    given: tokens && shown + 1,
  });

  const keep = (step: Shown, verdict: Verdict) => {
    if (step.given && verdict.tokens) tokens[step.given] = verdict.tokens;
  };

  /** What is used is confirmed: its holder has it for certain. */
  const use = async (generation: number) => {
    const token = tokens[generation];
    if (token && (await server.use(token.access).catch(() => false))) used = Math.max(used, generation);
  };

  const present = async (actor: Actor, shown: number) => {
    const verdict = await server.show(tokenOf(shown));
    const step = stepOf(actor, shown, verdict);
    keep(step, verdict);
    if (step.given) await use(step.given);
    return step;
  };

  return {
    async refresh() {
      return look([await present("The page", newest())], null);
    },

    async race() {
      const shown = newest();
      // Neither waits for the other's answer.
      const [one, other] = await Promise.all([server.show(tokenOf(shown)), server.show(tokenOf(shown))]);
      const isTwin = !!one.tokens && one.tokens.refresh === other.tokens?.refresh;
      const raced = [
        { verdict: one, step: { ...stepOf("Tab A", shown, one), isTwin } },
        { verdict: other, step: { ...stepOf("Tab B", shown, other), isTwin } },
      ];
      // The one that came first is told first.
      raced.sort((a, b) => Number(b.verdict.decision === "rotated") - Number(a.verdict.decision === "rotated"));
      for (const { step, verdict } of raced) keep(step, verdict);
      if (one.tokens) await use(shown + 1);
      return look(
        raced.map(({ step }) => step),
        null,
      );
    },

    async loseAnswer() {
      const shown = newest();
      // A client that uses what it gets is one whose silence about the next generation means something.
      await use(shown);
      const verdict = await server.show(tokenOf(shown));
      const step = stepOf("The page", shown, verdict);
      // The page forgets what it was given: its newest token stays the one that it has shown.
      return look([{ ...step, isLost: step.given !== null }], step.given);
    },

    async retry() {
      const { lost } = practice;
      if (lost === null) return practice;
      const shown = lost - 1;
      const verdict = await server.show(tokenOf(shown));
      const step = stepOf("The page", shown, verdict);
      keep(step, verdict);
      if (step.given) await use(step.given);
      return look([step], null);
    },

    async steal() {
      const steps: Shown[] = [];
      // A copy gives itself away once its owner is two generations further.
      while (newest() < 3) {
        const step = await present("The page", newest());
        steps.push(step);
        if (!step.given) return look(steps, null);
      }
      steps.push(await present("The thief", 1));
      steps.push(await present("The page", newest()));
      return look(steps, null);
    },

    async showAgain(generation) {
      return look([await present("Somebody", generation)], null);
    },

    end() {
      // What cannot be ended now is over in a quarter of an hour by itself.
      server.end(tokenOf(newest())).catch(() => undefined);
    },
  };
}

/** The family, once the server has written down that generation `used` is in use: it does so after its answer. */
async function viewOf(server: FamilyServer, id: string, used = 0): Promise<FamilyView> {
  for (let tries = 0; ; tries += 1) {
    const view = await server.view(id);
    if (!view) throw new Error("The practice family is gone.");
    if (view.confirmed >= used || view.revoked_reason || tries === 10) return view;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
