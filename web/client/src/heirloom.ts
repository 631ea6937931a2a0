import { errorOf } from "./problem.js";

/** One request to Heirloom. */
export interface Call {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  token?: string;
  signal?: AbortSignal;
}

/** Asks Heirloom something, and gives the body of the answer. Throws a `ProblemError`, or whatever `fetch` throws. */
export type Ask = <T>(path: string, call?: Call) => Promise<T>;

export function heirloomAt(base: string, send: typeof fetch): Ask {
  return async <T>(path: string, { method = "GET", body, token, signal }: Call = {}) => {
    const headers = new Headers();
    if (token) headers.set("authorization", `Bearer ${token}`);
    if (body) headers.set("content-type", "application/json");
    const answer = await send(base + path, {
      method,
      headers,
      body: JSON.stringify(body),
      credentials: "include",
      // Finished even while the page goes away, so that a reload in the middle of a refresh loses no answer.
      keepalive: true,
      signal: signal ?? null,
    });
    if (!answer.ok) throw await errorOf(answer);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  };
}
