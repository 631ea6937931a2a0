// The smallest app there can be: it shows the state, and a link where one has to log in. The tests drive its session.
import { createSession, type Session, type SessionState } from "@heirloom/client";

declare global {
  interface Window {
    session: Session;
    states: SessionState[];
    violations: string[];
    letPass: (milliseconds: number) => void;
    expireUnnoticed: () => Promise<void>;
    expire: (times: number) => Promise<{ done: number; lost: number }>;
    inWorker: () => Promise<string>;
  }
}

let ahead = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;
/** Moves this page's clock, so that its token seems to have expired. */
window.letPass = (milliseconds) => (ahead += milliseconds);

/** Stops this page's clock, and waits until the server refuses its token: the page cannot know that it has expired. */
window.expireUnnoticed = async () => {
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
  show(state);
});
show(session.getState());

function show(state: SessionState) {
  const text =
    state.status === "authenticated"
      ? state.user.email
      : state.status === "anonymous"
        ? (state.over ?? "anonymous")
        : state.status;
  document.querySelector("[role=status]")!.textContent = text;
  document.querySelector("a")!.hidden = state.status !== "anonymous";
}

/** Lets the access token expire so often, with a request each time. */
window.expire = async (times) => {
  let lost = 0;
  let done = 0;
  while (done < times && session.getState().status === "authenticated") {
    window.letPass(3_600_000);
    try {
      await session.fetch("/users/me");
    } catch {
      // The network's fault; the session goes on.
      lost++;
    }
    done++;
  }
  return { done, lost };
};

/** Who a worker of this page says is logged in. */
window.inWorker = () =>
  new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
  });
