import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { screen } from "@testing-library/react";
import ts from "typescript";
import { afterEach, describe, expect, it } from "vitest";
import { translateFieldMessage } from "../src/texts/deFieldMessages.js";
import { de } from "../src/texts/de.js";
import { en } from "../src/texts/en.js";
import { chooseLanguage, locale, texts } from "../src/texts/index.js";
import { formatDate, formatRelative } from "../src/ui/formatTime.js";
import { anonymous, authenticated, fakeSession, problem, renderApp } from "./support/renderApp.js";

const time = "2026-03-04T12:00:00Z";

describe("field: the reader's language", () => {
  afterEach(() => chooseLanguage(["en"]));

  it.each([
    [["de-AT", "en"], "de", "4. März 2026"],
    [["fr-FR", "de", "en-US"], "de", "4. März 2026"],
    [["en-US", "de"], "en", "March 4, 2026"],
    [["en-GB"], "en", "4 March 2026"],
    [["en"], "en", "4 March 2026"],
    [["fr-FR"], "en", "4 March 2026"],
    [["den"], "en", "4 March 2026"],
    [["en-US@posix"], "en", "4 March 2026"],
    [[], "en", "4 March 2026"],
  ])("decides about texts and dates: %s", (languages, language, date) => {
    chooseLanguage(languages);
    expect([texts.language, document.documentElement.lang, formatDate(time)]).toEqual([language, language, date]);
    expect(locale.startsWith(language)).toBe(true);
  });

  it("is also the language of relative times", () => {
    chooseLanguage(["de"]);
    const now = Date.parse(time);
    expect(formatRelative(time, now)).toBe("gerade eben");
    expect(formatRelative(time, now + 5 * 60_000)).toBe("vor 5 Minuten");
    expect(formatRelative(time, now + 25 * 3_600_000)).toBe("gestern");
  });

  it("can be German, on each page and in errors", async () => {
    chooseLanguage(["de-DE"]);
    const errors = [{ field: "password", message: "must have at least 12 characters" }];
    const login = () => Promise.reject(problem(422, "validation_failed", { errors }));
    const { user, unmount } = renderApp("login", fakeSession(anonymous(), { login }).session);
    await user.type(screen.getByLabelText("E-Mail"), "alice@example.com");
    await user.type(screen.getByLabelText("Passwort"), "kurz{Enter}");
    expect(await screen.findByText("Passwort: mindestens 12 Zeichen.")).toBeTruthy();
    unmount();
    renderApp("account", fakeSession(authenticated).session);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Ihr Konto");
    expect(document.title).toBe("Ihr Konto · Heirloom");
    expect(screen.getByText(/seit 2\. Januar 2026/)).toBeTruthy();
  });

  it("has every text: none is missing, empty or left in English", () => {
    const same = [...leaves(de)].filter(([path, text]) => text === new Map(leaves(en)).get(path));
    expect(same.map(([path]) => path)).toEqual(["steps.actors.tabA", "steps.actors.tabB", "timeline.generation"]);
    const paths = (texts: object) =>
      [...leaves(texts)].map(([path]) => path).filter((path) => !path.includes("byCode"));
    expect(paths(de)).toEqual(paths(en));
    expect([...leaves(de)].filter(([, text]) => !text.trim())).toEqual([]);
  });

  it("also covers what the server says about a field", () => {
    const sources = ["email", "password"].map((name) => readFileSync(`../../src/domain/${name}.rs`, "utf8"));
    const messages = sources.flatMap((source) =>
      [...source.matchAll(/#\[error\(\s*"([^"]+)"/g)].map(([, text]) => text),
    );
    expect(messages.length).toBeGreaterThan(8);
    const sent = messages.map((message = "") => message.replace(/\{\w+\}/g, "8"));
    expect(sent.filter((message) => translateFieldMessage(message) === message)).toEqual([]);
  });

  it("also covers the server's refusals of what a page sends", () => {
    const source = readFileSync("../client/src/codes.ts", "utf8");
    const codes = [...source.matchAll(/\| "(\w+)"/g)].map(([, code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(25);
    // The client and the app handle the first, and the app never sends what the others are about.
    const handled = /^(access_token|refresh_token|ticket)_|^(csrf_failed|too_many_attempts|validation_failed)$/;
    const impossible = /^(malformed|unsupported|ambiguous)_|^(method_not_allowed|not_found|request_refused)$/;
    const shown = codes.filter((code) => !handled.test(code) && !impossible.test(code));
    expect(shown.filter((code) => !(code in de.errors.byCode))).toEqual([]);
    // The server writes for programmers where it names headers or itself.
    expect(Object.keys(en.errors.byCode)).toEqual(
      expect.arrayContaining(["internal_error", "overloaded", "unavailable"]),
    );
  });

  it("finds no text outside the texts' files", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tsx"));
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => literalTexts(join("src", file)))).toEqual([]);
  });
});

/** Each text with its path. A function counts as its source, without spaces. */
function* leaves(value: object, path = ""): Generator<[string, string]> {
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const at = path ? `${path}.${key}` : key;
    if (inner instanceof Object && typeof inner !== "function") yield* leaves(inner, at);
    else yield [at, typeof inner === "function" ? inner.toString().replace(/\s/g, "") : String(inner)];
  }
}

/** The sentences that a component has itself. */
function literalTexts(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) found.push(node.text.trim());
    const isText =
      ts.isJsxAttribute(node) && /^(title|label|text|intro|hint|aria-label|alt)$/.test(node.name.getText());
    if (isText && node.initializer && ts.isStringLiteral(node.initializer)) found.push(node.initializer.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.filter((text) => text !== "Heirloom").map((text) => `${file}: ${text}`);
}
