import type { Problem } from "./types.js";

/** Heirloom's refusal of a request. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly problem: Problem,
    /** In how many seconds it may be tried again, if the answer tells. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail);
  }

  /** The stable name of what is wrong, such as `invalid_credentials`. */
  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The problem in an answer's body, or undefined if it holds none; reads the body. */
export async function problemIn(answer: Response): Promise<Problem | undefined> {
  try {
    const body: unknown = await answer.json();
    return body instanceof Object && "code" in body ? (body as Problem) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether Heirloom itself says so, and not a proxy in front of it or a service with codes of its own. */
function isHeirlooms(problem: Problem): boolean {
  return problem.type === `urn:heirloom:problem:${problem.code}`;
}

/** The problem with which Heirloom itself has refused a request by `status`. */
export function ownProblem(error: unknown, status: number): Problem | undefined {
  return error instanceof ProblemError && error.status === status && isHeirlooms(error.problem)
    ? error.problem
    : undefined;
}

/**
 * Whether a refresh helps, or tells why it does not: the token has expired, or Heirloom itself does not know it any more
 * (another key), or its session.
 */
export function asksForRefresh(problem: Problem | undefined): boolean {
  return (
    !!problem &&
    (problem.code === "access_token_expired" ||
      (isHeirlooms(problem) && /^(access_token_invalid|session_revoked)$/.test(problem.code)))
  );
}

/** What an answer that is no success is thrown as. Its status counts, whatever its body says. */
export async function errorOf(answer: Response): Promise<ProblemError> {
  const { status, statusText: title, headers } = answer;
  const bare = {
    type: "about:blank",
    title,
    detail: `The server answered with ${status}.`,
    code: "unknown",
    instance: "",
  };
  const problem = { ...bare, ...(await problemIn(answer)), status };
  // A date, which may stand there too, is no number.
  return new ProblemError(problem, Number(headers.get("retry-after")) || undefined);
}
