/** A browser that blocks storage throws. The page then works without it. */
function ignoreErrors<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}

export function readStored(key: string): unknown {
  return ignoreErrors(() => JSON.parse(localStorage.getItem(key) ?? "null") as unknown);
}

export function writeStored(key: string, value: unknown): void {
  ignoreErrors(() => localStorage.setItem(key, JSON.stringify(value)));
}

export function removeStored(key: string): void {
  ignoreErrors(() => localStorage.removeItem(key));
}
