// A minimal app: it shows the session state, and a login link if the user is logged out. The tests control its session.
import { createSession, type Session, type SessionState } from "@heirloom/client";

declare global {
  interface Window {
    session: Session;
    states: SessionState[];
    violations: string[];
    advanceClock: (milliseconds: number) => void;
    waitForServerExpiry: () => Promise<void>;
    expireRepeatedly: (times: number) => Promise<{ done: number; failed: number }>;
    userInWorker: () => Promise<string>;
  }
}

let offset = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + offset;
/** Moves the clock of this page, which makes its token look expired. */
window.advanceClock = (milliseconds) => (offset += milliseconds);

/** Stops the clock of this page until the server rejects its token. The page itself cannot detect the expiry. */
window.waitForServerExpiry = async () => {
  const stopped = Date.now();
  Date.now = () => stopped;
  const headers = { authorization: `Bearer ${(await session.accessToken()) ?? ""}` };
  while ((await fetch("/users/me", { headers })).ok) await new Promise((resolve) => setTimeout(resolve, 100));
};

window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective} ${blockedURI}`),
);

const heirloom = new URLSearchParams(location.search).get("heirloom");
const session = createSession(heirloom ? { baseUrl: heirloom } : {});
window.session = session;
window.states = [session.getState()];
session.subscribe((state) => {
  window.states.push(state);
  render(state);
});
render(session.getState());

function render(state: SessionState) {
  const text =
    state.status === "authenticated"
      ? state.user.email
      : state.status === "anonymous"
        ? (state.over ?? "anonymous")
        : state.status;
  document.querySelector("[role=status]")!.textContent = text;
  document.querySelector("a")!.hidden = state.status !== "anonymous";
}

/** Lets the access token expire this many times, and sends a request each time. */
window.expireRepeatedly = async (times) => {
  let failed = 0;
  let done = 0;
  while (done < times && session.getState().status === "authenticated") {
    window.advanceClock(3_600_000);
    try {
      await session.fetch("/users/me");
    } catch {
      // A network error. The session continues.
      failed++;
    }
    done++;
  }
  return { done, failed };
};

/** The email address of the user in a worker of this page. */
window.userInWorker = () =>
  new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
  });
