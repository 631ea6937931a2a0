/** The URL of Heirloom, without a slash at its end. */
export function resolveBaseUrl(baseUrl: string | URL, location: Location | undefined): string {
  // On a server, a path has no host. A page that is rendered there sends no request.
  const url = parseUrl(baseUrl) ?? parseUrl(baseUrl, location?.origin ?? "http://invalid");
  const text = `${url}`.replace(/\/+$/, "");
  if (!/^https?:/.test(text)) throw new TypeError(`baseUrl is no HTTP URL: ${baseUrl}`);
  return text;
}

/** `URL.canParse` and `URL.parse` are missing in Safari 16. */
export function parseUrl(url: string | URL | undefined, base?: string): URL | undefined {
  try {
    return new URL(url as string, base);
  } catch {
    // It is no URL.
  }
}
