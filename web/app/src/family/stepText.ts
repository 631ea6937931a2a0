import { texts } from "../texts/index.js";
import type { FamilyView } from "./familyApi.js";
import type { Step } from "./sandbox.js";

/** Explains a step to someone who sees token rotation for the first time. */
export interface StepDescription {
  readonly tone: "success" | "warning" | "danger";
  readonly title: string;
  readonly why: string;
  readonly isTheft?: boolean;
}

export function describeStep(step: Step): StepDescription {
  const { steps } = texts;
  const { presented, decision, family } = step;
  // The server returns a generation with each decision whose text names it.
  const returned = step.returned ?? presented;
  if (step.isLost) {
    return {
      tone: "warning",
      title: steps.lost(returned, decision === "rotated"),
      why: steps.lostWhy(returned, presented),
    };
  }
  switch (decision) {
    case "rotated":
      return { tone: "success", title: steps.rotated(returned, presented), why: steps.rotatedWhy };
    case "replayed":
      return {
        tone: "warning",
        title: steps.replayed(returned),
        why: step.isSameToken ? steps.sameTokenWhy(presented) : steps.replayedWhy(presented),
      };
    case "replayed_elsewhere":
      return {
        tone: "warning",
        title: steps.elsewhere(returned),
        why: steps.elsewhereWhy(presented, creditsOf(family)),
      };
    case "recovered":
      return {
        tone: "warning",
        title: steps.recovered(returned),
        why: steps.recoveredWhy(returned, creditsOf(family)),
      };
    case "caught_up":
      return { tone: "warning", title: steps.caughtUp(presented), why: steps.caughtUpWhy };
    case "reused":
      return describeReuse(step);
    case "revoked":
      return { tone: "danger", title: steps.revoked, why: whyRevoked(step) };
    case "expired":
      return { tone: "danger", title: steps.expired, why: steps.expiredWhy };
    case "invalid":
    case "disabled":
      return { tone: "danger", title: steps.invalid, why: steps.invalidWhy };
  }
}

/** An old token is a copy, unless the newest generation was never used. */
function describeReuse({ actor, presented, family }: Step): StepDescription {
  const { steps } = texts;
  const { generation, confirmed, policy } = family;
  const isUnused = presented === generation - 1 && confirmed < generation;
  if (!isUnused) {
    const why = steps.theftWhy(presented, generation, confirmed >= generation, actor === "thief");
    return { tone: "danger", title: steps.theft, why, isTheft: true };
  }
  if (confirmed < presented) {
    return { tone: "danger", title: steps.unproven, why: steps.unprovenWhy(generation, presented) };
  }
  const why = steps.noCreditsWhy(generation, policy.recovery_burst, policy.recovery_every);
  return { tone: "danger", title: steps.noCredits, why };
}

function whyRevoked({ actor, presented, family }: Step): string {
  const { steps } = texts;
  if (family.revoked_reason !== "reuse") return steps.revokedElsewhereWhy;
  const who = actor === "page" ? steps.honestPage : steps.actors[actor];
  return steps.revokedWhy(who, presented === family.generation);
}

export function creditsOf({ credits, policy }: FamilyView): string {
  return texts.family.credits(credits, policy.recovery_burst);
}

/** One line: the presented generation, and the response. */
export function summarizeStep({ actor, presented, status, returned, isLost }: Step): string {
  const { steps } = texts;
  const success = returned ? steps.withGeneration(status, returned) : `${status}`;
  return steps.summary(steps.actors[actor], presented, isLost ? steps.responseLost(status) : success);
}
