import type { Step } from "./practice.js";

/** What a step came to, for somebody who sees this for the first time. */
export interface Told {
  readonly mood: "good" | "kind" | "bad";
  readonly title: string;
  readonly why: string;
}

export function tell(step: Step): Told {
  const { actor, shown, given, newest, decision } = step;
  switch (decision) {
    case "rotated":
      if (step.isLost) {
        return {
          mood: "kind",
          title: `Generation ${given} is issued, and its answer is lost`,
          why: `The server is at generation ${given}; the page still has ${shown} and knows nothing of it. When it asks again, it has to show a spent token. Is that theft? Nobody has used generation ${given}, so it is not.`,
        };
      }
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
        why: `Whoever gets a token uses it, and nobody has used generation ${given}: so its answer never arrived, and to give it once more creates nothing new. It costs one of a few credits, so that a thief cannot live on this.`,
      };
    case "caught_up":
      return {
        mood: "kind",
        title: `The server goes on from generation ${shown}`,
        why: "The token proves that it was issued, so it is the server that had forgotten, after a crash.",
      };
    case "reused":
      return {
        mood: "bad",
        title: "Theft: the whole family ends",
        why: `Generation ${shown} is spent, and generation ${newest} is in use. Nothing explains showing the old one but a copy. Which of the two holders is the thief cannot be told, so both are out, and the honest one logs in again.`,
      };
    case "revoked":
      return {
        mood: "bad",
        title: "Refused: this family has ended",
        why: `${actor === "The thief" ? "The thief" : "The honest page"} is out as well, though its token was ${shown === newest ? "the newest" : "an old one"}. The app shows why, and a link to log in. Other devices are not affected.`,
      };
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

/** One line: who showed what, and what was answered. */
export function sum({ actor, shown, status, given, isLost }: Step): string {
  const answer = isLost ? `${status}, lost on its way` : given ? `${status}, with generation ${given}` : `${status}`;
  return `${actor} shows generation ${shown}: ${answer}`;
}
