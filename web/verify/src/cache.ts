/** How many tokens each of the two halves holds. */
const HALF = 10_000;

/** How long a half collects tokens, in seconds: the default lifetime of an access token. */
const PERIOD = 900;

/**
 * Claims of tokens whose signature is valid. Only valid tokens get in, so invalid ones cannot push them out.
 *
 * Two halves: a used token moves to the young half. When that is full or a period has passed, it becomes the old half, and
 * the previous old half is dropped. Tokens in use stay, without the cost of keeping an order.
 */
export class VerifiedTokens<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();
  private began = 0;

  find(token: string, now: number): T | undefined {
    const found = this.young.get(token);
    if (found !== undefined) return found;
    const older = this.old.get(token);
    if (older === undefined) return undefined;
    this.old.delete(token);
    this.keep(token, older, now);
    return older;
  }

  keep(token: string, verified: T, now: number): void {
    if (this.young.size === 0) this.began = now;
    if (this.young.size >= HALF || now - this.began >= PERIOD) {
      this.old = this.young;
      this.young = new Map();
      this.began = now;
    }
    this.young.set(token, verified);
  }

  forget(token: string): void {
    this.young.delete(token);
    this.old.delete(token);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }

  get size(): number {
    return this.young.size + this.old.size;
  }
}
