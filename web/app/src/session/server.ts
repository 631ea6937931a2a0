/** What the app learns about the server from one request. */
export interface Server {
  /** Whether it serves its documentation, which `HEIRLOOM_DOCS=off` removes. */
  readonly hasDocs: boolean;
  /** How far its clock is ahead of this machine's, in milliseconds. */
  readonly clockOffset: number;
}

export const unknownServer: Server = { hasDocs: false, clockOffset: 0 };

export async function probeServer(heirloom: URL): Promise<Server> {
  const { ok, headers } = await fetch(new URL("docs", heirloom), { method: "HEAD", credentials: "omit" });
  const date = Date.parse(headers.get("date") ?? "");
  return { hasDocs: ok, clockOffset: Number.isNaN(date) ? 0 : date - Date.now() };
}
