/** The longest that a request waits for sessions to end, in seconds. */
const LONGEST_WAIT = 20;

/** How much longer a response may take, in seconds. */
const GRACE = 5;

const FIRST_RETRY = 0.25;
/** After an outage, ended sessions are known again within this time. */
const LAST_RETRY = 1;

/** How often sessions are removed that need not be remembered any more, in seconds. */
const CLEANING = 60;

interface Page {
  ended: { session_id: string }[];
  cursor: string | number;
  keep_for: number;
}

/** The sessions that have ended, as the feed of Heirloom names them by long polling. */
export class EndedSessions {
  /** With the second at which each can be removed. */
  private readonly until = new Map<string, number>();
  private cleanedAt = 0;
  private updatedAt = -Infinity;
  private cursor: string | undefined;
  private readonly stopping = new AbortController();
  private isFollowing = false;

  constructor(
    private readonly url: string,
    private readonly serviceKey: string,
    private readonly knownFor: number,
    private readonly fetch: typeof globalThis.fetch,
    private readonly now: () => number,
  ) {}

  has(session: string): boolean {
    return this.until.has(session);
  }

  get size(): number {
    return this.until.size;
  }

  /** Whether the feed has responded recently. */
  get areKnown(): boolean {
    return this.now() - this.updatedAt <= this.knownFor;
  }

  close(): void {
    this.stopping.abort();
  }

  /** Follows the feed until it is closed. */
  follow(): void {
    if (this.isFollowing) return;
    this.isFollowing = true;
    void this.run();
  }

  private async run(): Promise<void> {
    let retryAfter = FIRST_RETRY;
    const isStopped = () => this.stopping.signal.aborted;
    while (!isStopped()) {
      try {
        this.add(await this.poll());
        retryAfter = FIRST_RETRY;
      } catch (error) {
        if (isStopped()) return;
        console.warn(`Could not read from ${this.url} which sessions have ended: ${String(error)}`);
        await this.pause(retryAfter * 1000);
        retryAfter = Math.min(2 * retryAfter, LAST_RETRY);
      }
    }
  }

  /** Ends early if the feed is closed. */
  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const stop = () => {
        clearTimeout(timer);
        resolve();
      };
      this.stopping.signal.addEventListener("abort", stop, { once: true });
    });
  }

  private add({ ended, cursor, keep_for }: Page): void {
    const now = this.now();
    for (const { session_id } of ended) this.until.set(session_id.toLowerCase(), now + keep_for);
    if (now - this.cleanedAt >= CLEANING) {
      this.cleanedAt = now;
      for (const [session, until] of this.until) if (until <= now) this.until.delete(session);
    }
    this.cursor = String(cursor);
    this.updatedAt = now;
  }

  /** Without a cursor, all that matters arrives at once. */
  private async poll(): Promise<Page> {
    const wait = Math.floor(Math.min(LONGEST_WAIT, this.knownFor / 2));
    const query = this.cursor === undefined ? "" : `?after=${encodeURIComponent(this.cursor)}&wait=${wait}`;
    const response = await this.fetch(`${this.url}/service/ended${query}`, {
      headers: { accept: "application/json", authorization: `Bearer ${this.serviceKey}` },
      redirect: "error",
      signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout((wait + GRACE) * 1000)]),
    });
    if (response.status !== 200) {
      // A cursor of another database is refused. Without it everything that matters comes again.
      if ([400, 404, 410, 422].includes(response.status)) this.cursor = undefined;
      throw new Error(`the response has the status ${response.status}`);
    }
    const page = (await response.json()) as Page;
    if (!Array.isArray(page.ended) || typeof page.keep_for !== "number" || page.cursor === undefined) {
      throw new Error("the response is not that of /service/ended");
    }
    return page;
  }
}
