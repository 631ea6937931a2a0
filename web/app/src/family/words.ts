import type { Step } from "./practice.js";
import type { FamilyView } from "./server.js";

/** What a step came to, for somebody who sees this for the first time. */
export interface Told {
  readonly mood: "good" | "kind" | "bad";
  readonly title: string;
  readonly why: string;
  /** There is somebody who holds what is not his. */
  readonly isTheft?: boolean;
}

export function tell(step: Step): Told {
  const { shown, given, decision } = step;
  if (step.isLost) {
    return {
      mood: "kind",
      title: `Generation ${given} is ${decision === "rotated" ? "issued" : "given again"}, and its answer is lost`,
      why: `The server is at generation ${given}; the page still has ${shown} and knows nothing of it. When it asks again, it has to show a spent token. Is that theft? Nobody has used generation ${given}, so it need not be.`,
    };
  }
  switch (decision) {
    case "rotated":
      return {
        mood: "good",
        title: `Generation ${given} is issued, and ${shown} is spent`,
        why: "It was the newest token, as it should be. This is the daily case: one row of the database counts one up.",
      };
    case "replayed":
      return {
        mood: "kind",
        title: `Generation ${given} is given once more`,
        why: step.isTwin
          ? `Both tabs showed generation ${shown}, and both got the very same successor: it is computed, not drawn, so there is nothing to fight over, whichever answer comes first.`
          : `Generation ${shown} was replaced only a moment ago. A second tab or a quick retry does that every day, so the same successor is given again. Nothing is written.`,
      };
    case "recovered":
      return {
        mood: "kind",
        title: `The lost generation ${given} is given again, late`,
        why: `Whoever gets a token uses it, and nobody has used generation ${given}: so its answer never arrived, and to give it once more creates nothing new. It costs a credit, so that a thief cannot live on this: ${creditsOf(step.family)} left.`,
      };
    case "caught_up":
      return {
        mood: "kind",
        title: `The server goes on from generation ${shown}`,
        why: "The token proves that it was issued, so it is the server that had forgotten, after a crash.",
      };
    case "reused":
      return reused(step);
    case "revoked":
      return revoked(step);
    case "expired":
      return {
        mood: "bad",
        title: "Refused: this family has expired",
        why: "A practice family lives for a quarter of an hour. Start another.",
      };
    case "invalid":
    case "disabled":
      return { mood: "bad", title: "Refused", why: "The token or its account is not valid." };
  }
}

/** Shown after it was spent: a copy, unless nobody was seen with what came after it. */
function reused({ actor, shown, family }: Step): Told {
  const { generation, confirmed, policy } = family;
  const isUnseen = shown === generation - 1 && confirmed < generation;
  if (!isUnseen) {
    const isUsed = confirmed >= generation;
    const both =
      actor === "The thief"
        ? "so both are out: the honest page shows its own token next, gets a 401 too, and logs in again."
        : "so both are out, and the honest one logs in again.";
    return {
      mood: "bad",
      title: "Theft: the whole family ends",
      why: `Generation ${shown} is spent, and ${isUsed ? `generation ${generation} is in use` : `the family has got to generation ${generation}`}. Nothing explains showing the old one but a copy. Which of the two holders is the thief cannot be told, ${both}`,
      isTheft: true,
    };
  }
  if (confirmed < shown) {
    return {
      mood: "bad",
      title: "Taken for theft: the family ends",
      why: `Nobody was seen to use generation ${generation}, nor ${shown} before it. Only of a client that uses what it gets does silence mean that an answer was lost, so this one is not believed.`,
    };
  }
  return {
    mood: "bad",
    title: "Taken for theft: the credits are spent",
    why: `Nobody has used generation ${generation}, so its answer may well have been lost. But ${policy.recovery_burst === 0 ? "this server makes no lost answer good" : `a family has ${policy.recovery_burst} ${policy.recovery_burst === 1 ? "credit" : "credits"} for that, and one more every ${policy.recovery_every} generations`}: a thief who always goes first would look the same, and must not live on it for ever. The page gets a 401 and logs in again.`,
  };
}

function revoked({ actor, shown, family }: Step): Told {
  const title = "Refused: this family has ended";
  if (family.revoked_reason !== "reuse") {
    return {
      mood: "bad",
      title,
      why: "It was ended from elsewhere: in the list of devices, by a new password, or by whoever runs this service. No old token was shown, and no thief is about. After its end every token is refused, the newest too.",
    };
  }
  const who = actor === "The page" ? "The honest page" : actor;
  const which = shown === family.generation ? "the newest" : "an old one";
  return {
    mood: "bad",
    title,
    why: `${who} is out as well, though its token was ${which}. The app shows why, and a link to log in. Other devices are not affected.`,
  };
}

export function creditsOf({ credits, policy }: FamilyView): string {
  return `${credits} of ${policy.recovery_burst}`;
}

/** One line: who showed what, and what was answered. */
export function sum({ actor, shown, status, given, isLost }: Step): string {
  const answer = isLost ? `${status}, lost on its way` : given ? `${status}, with generation ${given}` : `${status}`;
  return `${actor} shows generation ${shown}: ${answer}`;
}
