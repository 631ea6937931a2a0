/** The part of `next/headers` that the page on server rendering uses. */
import { AsyncLocalStorage } from "node:async_hooks";

export const requestHeaders = new AsyncLocalStorage<Headers>();

export function headers(): Promise<Headers> {
  const found = requestHeaders.getStore();
  return found ? Promise.resolve(found) : Promise.reject(new Error("headers() needs a request"));
}
