import { toProblemError } from "./problem.js";
import type { ApiRequestOptions, RequestOptions } from "./types.js";

/** Sends a request to Heirloom and returns the response body. Throws a `ProblemError`, or what `fetch` throws. */
export type ApiRequest = <T>(path: string, options?: ApiRequestOptions, call?: RequestOptions) => Promise<T>;

export function createApi(base: string, send: typeof fetch, diagnose: (response: Response) => unknown): ApiRequest {
  return async <T>(path: string, { method, body, token }: ApiRequestOptions = {}, { signal }: RequestOptions = {}) => {
    const headers = new Headers();
    if (token) headers.set("authorization", `Bearer ${token}`);
    if (body) headers.set("content-type", "application/json");
    const response = await send(base + path, {
      method,
      headers,
      body: JSON.stringify(body),
      credentials: "include",
      // The request survives the end of the page, so a reload during a refresh loses no response.
      keepalive: true,
      signal,
    } as RequestInit);
    if (response.headers.has("heirloom-hint")) diagnose(response);
    if (!response.ok) throw await toProblemError(response);
    // Responses without a body are 202 or 204. An empty 200 does not come from Heirloom: it counts as lost.
    return JSON.parse((await response.text()) || (response.status > 201 ? "null" : "")) as T;
  };
}
