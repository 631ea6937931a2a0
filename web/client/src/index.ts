export { ProblemError } from "./problem.js";
export { createSession } from "./session.js";
export type * from "./types.js";
