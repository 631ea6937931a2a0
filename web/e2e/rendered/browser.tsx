import { createSession, type SessionState } from "@heirloom/client";
import { hydrateRoot } from "react-dom/client";
import { Shop } from "./Shop.js";

declare global {
  interface Window {
    /** Every heading that the page has shown. */
    headings: string[];
    mismatches: string[];
  }
}

const root = document.querySelector("#root") as Element;
const headingOf = () => root.querySelector("h1")?.textContent ?? "";
window.headings = [headingOf()];
new MutationObserver(() => window.headings.push(headingOf())).observe(root, {
  childList: true,
  characterData: true,
  subtree: true,
});
window.mismatches = [];

const session = createSession({ baseUrl: "/auth" });
window.session = session;
const initialState = JSON.parse((document.querySelector("#state") as Element).textContent) as SessionState;
hydrateRoot(root, <Shop session={session} initialState={initialState} />, {
  onRecoverableError: (error) => window.mismatches.push(String(error)),
});
