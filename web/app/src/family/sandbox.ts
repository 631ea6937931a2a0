import type { Decision, FamilyApi, FamilyView, RefreshResult, Tokens } from "./familyApi.js";

export type Actor = "page" | "tabA" | "tabB" | "thief" | "client";

/** One presented token, and the server's response. */
export interface Step {
  readonly actor: Actor;
  /** The generation that was presented. */
  readonly presented: number;
  readonly status: number;
  readonly decision: Decision;
  /** The generation that the server returned. */
  readonly returned: number | null;
  /** The client did not receive the response. */
  readonly isLost?: boolean;
  /** The responses to two tabs contained the same token. */
  readonly isSameToken?: boolean;
  /** The family after this step, or after the last step of the scenario. */
  readonly family: FamilyView;
}

type StepData = Omit<Step, "family">;

export interface SandboxState {
  readonly family: FamilyView;
  /** Newest last. */
  readonly steps: readonly Step[];
  /** The step that decided the outcome of the last scenario. */
  readonly result: Step | null;
  /** The generation whose response was lost, until the client retries. */
  readonly lost: number | null;
}

/** A token family to try things with. It presents real tokens to the real server, as each of the actors. */
export interface Sandbox {
  refresh(): Promise<SandboxState>;
  race(): Promise<SandboxState>;
  loseResponse(): Promise<SandboxState>;
  /** Presents the token again whose response was lost. */
  retry(): Promise<SandboxState>;
  steal(): Promise<SandboxState>;
  /** Presents the token of this generation again. */
  replay(generation: number): Promise<SandboxState>;
  end(): void;
}

/** Returns null if the server offers no sandboxes. */
export async function startSandbox(api: FamilyApi): Promise<{ state: SandboxState; sandbox: Sandbox } | null> {
  const started = await api.startSandbox();
  if (!started) return null;
  const family = await loadFamily(api, started.id);
  return {
    state: { family, steps: [], result: null, lost: null },
    sandbox: createSandbox(api, family, started.tokens),
  };
}

function createSandbox(api: FamilyApi, initial: FamilyView, first: Tokens): Sandbox {
  /** By generation. The first has index 1. */
  const tokens: (Tokens | undefined)[] = [undefined, first];
  let confirmed = 0;
  let state: SandboxState = { family: initial, steps: [], result: null, lost: null };

  const tokenOf = (generation: number) => {
    const token = tokens[generation];
    if (!token) throw new Error(`This page has no token of generation ${generation}`);
    return token.refresh;
  };
  const newest = () => tokens.length - 1;

  const finish = async (newSteps: readonly StepData[], lost: number | null) => {
    let { family } = state;
    try {
      family = await loadFamily(api, initial.id, confirmed);
    } finally {
      const steps = newSteps.map((step) => ({ ...step, family }));
      const result = steps.find(({ decision }) => decision === "reused") ?? steps.at(-1) ?? null;
      state = { family, steps: [...state.steps, ...steps], result, lost };
    }
    return state;
  };

  const stepOf = (actor: Actor, presented: number, { status, decision, tokens }: RefreshResult): StepData => ({
    actor,
    presented,
    status,
    decision,
    // Counted from this page's own generation. After a real lost response, the server is further ahead.
    returned: tokens && presented + 1,
  });

  const save = (step: StepData, response: RefreshResult) => {
    if (step.returned && response.tokens) tokens[step.returned] = response.tokens;
  };

  /** A used token is confirmed: its client has certainly received it. */
  const confirm = async (generation: number) => {
    const token = tokens[generation];
    if (token && (await api.confirm(token.access).catch(() => false))) confirmed = Math.max(confirmed, generation);
  };

  const present = async (actor: Actor, generation: number) => {
    const response = await api.refresh(tokenOf(generation));
    const step = stepOf(actor, generation, response);
    save(step, response);
    if (step.returned) await confirm(step.returned);
    return step;
  };

  return {
    async refresh() {
      return finish([await present("page", newest())], null);
    },

    async race() {
      const generation = newest();
      // Neither tab waits for the other's response.
      const [one, other] = await Promise.all([api.refresh(tokenOf(generation)), api.refresh(tokenOf(generation))]);
      const isSameToken = !!one.tokens && one.tokens.refresh === other.tokens?.refresh;
      const outcomes = [
        { response: one, step: { ...stepOf("tabA", generation, one), isSameToken } },
        { response: other, step: { ...stepOf("tabB", generation, other), isSameToken } },
      ];
      // The tab that the server handled first is listed first.
      outcomes.sort((a, b) => Number(b.response.decision === "rotated") - Number(a.response.decision === "rotated"));
      for (const { step, response } of outcomes) save(step, response);
      if (one.tokens) await confirm(generation + 1);
      return finish(
        outcomes.map(({ step }) => step),
        null,
      );
    },

    async loseResponse() {
      const generation = newest();
      // The server recovers lost responses only for a client that normally confirms its tokens.
      await confirm(generation);
      const response = await api.refresh(tokenOf(generation));
      const step = stepOf("page", generation, response);
      // The page does not save the new token, so its newest token is still the presented one.
      return finish([{ ...step, isLost: step.returned !== null }], step.returned);
    },

    async retry() {
      const { lost } = state;
      if (lost === null) return state;
      return finish([await present("page", lost - 1)], null);
    },

    async steal() {
      const steps: StepData[] = [];
      // A replay is detected once the owner is two generations ahead.
      while (newest() < 3) {
        const step = await present("page", newest());
        steps.push(step);
        if (!step.returned) return finish(steps, null);
      }
      steps.push(await present("thief", 1));
      steps.push(await present("page", newest()));
      return finish(steps, null);
    },

    async replay(generation) {
      return finish([await present("client", generation)], null);
    },

    end() {
      // If this fails, the sandbox expires after 15 minutes.
      api.logout(tokenOf(newest())).catch(() => undefined);
    },
  };
}

/** Waits until the server has stored that generation `confirmed` is in use; it does this after its response. */
async function loadFamily(api: FamilyApi, id: string, confirmed = 0): Promise<FamilyView> {
  for (let attempt = 0; ; attempt += 1) {
    const family = await api.getFamily(id);
    if (!family) throw new Error("The sandbox does not exist any more.");
    if (family.confirmed >= confirmed || family.revoked_reason || attempt === 10) return family;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
