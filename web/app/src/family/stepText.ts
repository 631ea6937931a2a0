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
  const { presented, returned, decision } = step;
  if (step.isLost) {
    return {
      tone: "warning",
      title: `Generation ${returned} is ${decision === "rotated" ? "issued" : "returned again"}, but the response is lost`,
      why: `The server is at generation ${returned}, but the page still has generation ${presented}. If the page retries, it presents an old token, as a thief does. The difference: generation ${returned} was not used yet.`,
    };
  }
  switch (decision) {
    case "rotated":
      return {
        tone: "success",
        title: `Generation ${returned} replaces generation ${presented}`,
        why: "The presented token was the newest. This is the normal case: the server increments a number in one database row.",
      };
    case "replayed":
      return {
        tone: "warning",
        title: `Generation ${returned} is returned again`,
        why: step.isSameToken
          ? `Both tabs presented generation ${presented}, and both received the same successor. The server computes a successor instead of choosing it at random, so it does not matter which response arrives first.`
          : `Generation ${presented} was rotated only a moment ago. A second tab or a quick retry often presents such a token, so the server returns the same successor during the overlap window. It stores nothing.`,
      };
    case "replayed_elsewhere":
      return {
        tone: "warning",
        title: `Generation ${returned} is returned again, to another place`,
        why: `Generation ${presented} was rotated only a moment ago, but from another address or browser. A phone that changes its network does this now and then, a thief who follows does it every time. It costs two thirds of a recovery credit, so a thief cannot repeat it without limit. Credits left: ${creditsOf(step.family)}.`,
      };
    case "recovered":
      return {
        tone: "warning",
        title: `Generation ${returned} is recovered`,
        why: `A client uses the tokens that it receives. Generation ${returned} was not used, so its response was lost. The server returns the same token again and creates no new one. This costs one recovery credit, so a thief cannot repeat it without limit. Credits left: ${creditsOf(step.family)}.`,
      };
    case "caught_up":
      return {
        tone: "warning",
        title: `The server continues from generation ${presented}`,
        why: "The token proves that the server issued it. The server lost this generation in a crash.",
      };
    case "reused":
      return describeReuse(step);
    case "revoked":
      return describeRevoked(step);
    case "expired":
      return {
        tone: "danger",
        title: "Rejected: this family has expired",
        why: "A sandbox expires after 15 minutes. Start another one.",
      };
    case "invalid":
    case "disabled":
      return { tone: "danger", title: "Rejected", why: "The token or its account is not valid." };
  }
}

/** An old token is a copy, unless the newest generation was never used. */
function describeReuse({ actor, presented, family }: Step): StepDescription {
  const { generation, confirmed, policy } = family;
  const isUnused = presented === generation - 1 && confirmed < generation;
  if (!isUnused) {
    const isConfirmed = confirmed >= generation;
    const end =
      actor === "The thief"
        ? "so it revokes the family for both. The honest page presents its own token next, gets a 401 too, and logs in again."
        : "so it revokes the family for both, and the owner logs in again.";
    return {
      tone: "danger",
      title: "Theft: the family is revoked",
      why: `Generation ${presented} is old, and ${isConfirmed ? `generation ${generation} is in use` : `the family is at generation ${generation}`}. Only a copied token explains this. The server cannot know which client is the thief, ${end}`,
      isTheft: true,
    };
  }
  if (confirmed < presented) {
    return {
      tone: "danger",
      title: "Treated as theft: the family is revoked",
      why: `Neither generation ${generation} nor generation ${presented} was used. An unused token points to a lost response only if the client normally uses its tokens. This client does not, so the server rejects it.`,
    };
  }
  return {
    tone: "danger",
    title: "Treated as theft: no recovery credits are left",
    why: `Generation ${generation} was not used, so its response may have been lost. But ${policy.recovery_burst === 0 ? "this server recovers no lost responses" : `a family has only ${policy.recovery_burst} recovery ${policy.recovery_burst === 1 ? "credit" : "credits"}, and earns one more every ${policy.recovery_every} generations`}. A thief who always refreshes first looks the same, so recovery has a limit. The page gets a 401 and logs in again.`,
  };
}

function describeRevoked({ actor, presented, family }: Step): StepDescription {
  const title = "Rejected: this family is revoked";
  if (family.revoked_reason !== "reuse") {
    return {
      tone: "danger",
      title,
      why: "It was revoked from elsewhere: in the list of devices, by a password change or by an administrator. No old token was presented, so there is no thief. The server rejects every token of a revoked family, even the newest.",
    };
  }
  const who = actor === "The page" ? "The honest page" : actor;
  const token = presented === family.generation ? "the newest token" : "an old token";
  return {
    tone: "danger",
    title,
    why: `${who} presented ${token}. The server rejects every token of a revoked family. The app shows the reason and a link to log in. Other devices are not affected.`,
  };
}

export function creditsOf({ credits, policy }: FamilyView): string {
  return `${credits} of ${policy.recovery_burst}`;
}

/** One line: the presented generation, and the response. */
export function summarizeStep({ actor, presented, status, returned, isLost }: Step): string {
  const response = isLost
    ? `${status}, response lost`
    : returned
      ? `${status} with generation ${returned}`
      : `${status}`;
  return `${actor} presents generation ${presented}: ${response}`;
}
