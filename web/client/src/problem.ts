import { ignore } from "./timeout.js";
import type { ProblemCode } from "./codes.js";
import type { Problem } from "./types.js";

/** An error response from Heirloom. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  declare readonly problem: Problem;
  /**
   * The stable name of the error, such as `invalid_credentials`; `unknown` for a response that names none. A proxy in
   * front of Heirloom may have codes of its own, and a later version of Heirloom has more: treat any other code as an
   * error that you do not know.
   */
  declare readonly code: ProblemCode | "unknown";
  declare readonly status: number;
  /** In how many seconds the request may be retried, from the `Retry-After` header. */
  declare readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail);
    this.problem = problem;
    this.code = problem.code as ProblemCode;
    this.status = problem.status;
    this.retryAfter = retryAfter;
  }
}

/** Reads the body of `response`. Returns undefined if it is not a problem. */
export async function readProblem(response: Response): Promise<Problem | undefined> {
  const body = (await response.json().catch(ignore)) as Problem | undefined;
  return body?.code ? body : undefined;
}

/** Whether the problem comes from Heirloom, not from a proxy in front of it or a service with codes of its own. */
function isFromHeirloom(problem: Problem | undefined): problem is Problem {
  return problem?.type === `urn:heirloom:problem:${problem?.code}`;
}

/** The problem in `error`, if it comes from Heirloom and has this status. */
export function heirloomProblem(error: unknown, status: number): Problem | undefined {
  const { problem } = error as Partial<ProblemError>;
  return problem?.status === status && isFromHeirloom(problem) ? problem : undefined;
}

/**
 * Whether a refresh helps, or reports why it does not: the token has expired, or Heirloom itself rejects it because its
 * signing key has changed or its session is revoked.
 */
export function needsRefresh(problem: Problem | undefined): boolean {
  return (
    problem?.code === "access_token_expired" ||
    (isFromHeirloom(problem) && /access_token_invalid|session_revoked/.test(problem.code))
  );
}

/** The error for a response that is not a success. The status of the response wins over the one in its body. */
export async function toProblemError(response: Response): Promise<ProblemError> {
  const { status, statusText: title, headers } = response;
  const fallback = {
    type: "about:blank",
    title,
    detail: `The server responded with ${status}.`,
    code: "unknown",
    instance: "",
  };
  const problem = { ...fallback, ...(await readProblem(response)), status };
  // `Retry-After` may be a date, which is ignored.
  return new ProblemError(problem, Number(headers.get("retry-after")) || undefined);
}
