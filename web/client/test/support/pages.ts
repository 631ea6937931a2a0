import { fileURLToPath } from "node:url";

/** An absolute path from one relative to `test/`. */
export const pathOf = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

/** The code blocks on a page in one of these languages. */
export function codeOf(page: string, ...languages: string[]): string[] {
  const blocks = new RegExp(`\`\`\`(?:${languages.join("|")})\\n(.*?)\`\`\``, "gs");
  return [...page.matchAll(blocks)].map(([, code = ""]) => code);
}

/** The files of an app that a page shows: each follows a paragraph that begins with its name and ends with a colon. */
export function filesOf(page: string): Record<string, string> {
  const blocks = page.matchAll(/(?:^|\s)`([\w./-]+)` [^\n`]*(?:`[^`]*`[^\n`]*)*:\n\n```tsx?\n(.*?)```/gs);
  return Object.fromEntries([...blocks].map(([, name = "", code = ""]) => [name, code]));
}
