import type { StepUp } from "./types.js";

/** What the service wants (RFC 9470). */
export interface Challenge {
  /** The user must have proved it within this many seconds. */
  readonly maxAge?: number;
  /** The kinds of proof that the service accepts, the preferred one first. */
  readonly acrValues?: readonly string[];
}

/**
 * For `createSession({ onStepUp: stepUp(prove) })`. A service that wants a newer proof of who the user is responds to `fetch`
 * with 401 and `WWW-Authenticate: Bearer error="insufficient_user_authentication"`. `prove` is called once for all requests
 * that wait. After that each is sent once more, with a new token. If `prove` rejects or resolves to `false`, because the user
 * does not want to, each gets its own 401.
 */
export function stepUp(prove: (challenge: Challenge) => unknown): StepUp {
  /** The last step-up that has begun, and the last that has ended. They resolve to whether the user has proved it. */
  let begun = Promise.resolve(false);
  let ended = begun;

  return () => {
    const endedBefore = ended;
    return async (response) => {
      const challenge = readChallenge(response.headers.get("www-authenticate") ?? "");
      if (!challenge) return false;
      // A request takes part in the step-up in progress, or in one that has ended since it was sent.
      if (begun === endedBefore) {
        begun = Promise.resolve(challenge)
          .then(prove)
          .then(
            (isProved) => isProved !== false,
            () => false,
          )
          .finally(() => void (ended = begun));
      }
      return begun;
    };
  };
}

function readChallenge(header: string): Challenge | undefined {
  if (!/\berror="?insufficient_user_authentication\b/.test(header)) return undefined;
  const [, maxAge] = /\bmax_age="?(\d+)/.exec(header) ?? [];
  const [, acrValues] = /\bacr_values="([^"]+)"/.exec(header) ?? [];
  return { ...(maxAge && { maxAge: Number(maxAge) }), ...(acrValues && { acrValues: acrValues.split(" ") }) };
}
