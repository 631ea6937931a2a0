import { createSession } from "./modules/client/index.js";

const { heirloom } = await (await fetch("config.json")).json();

/** Keeps the session, in all tabs. */
export const session = createSession({ baseUrl: heirloom });

const WHY = {
  expired: "Your session has expired.",
  revoked: "Your session was revoked.",
  reused: "Your session was revoked, because someone else may have a copy of it.",
  logged_out: "You are logged out.",
};

function render(state) {
  const isIn = state.status === "authenticated";
  element("status").textContent = isIn
    ? "You are logged in."
    : state.status === "anonymous"
      ? (WHY[state.over] ?? "You are not logged in.")
      : "Looking for your session…";
  element("in").hidden = !isIn;
  element("out").hidden = state.status !== "anonymous";
}

function element(id) {
  return document.getElementById(id);
}

/** The provider has sent the browser back. */
async function finishLogin(result) {
  history.replaceState(null, "", location.pathname);
  if (result === "failed") throw new Error("The login failed. Try again.");
  const response = await fetch("ticket", { method: "POST" });
  const { ticket, error } = await response.json();
  if (!response.ok) throw new Error(error);
  await session.redeem(ticket);
}

const fail = (error) => (element("error").textContent = error.message);
element("logout").addEventListener("click", () => session.logout().catch(fail));
session.subscribe(render);
render(session.getState());
const result = new URLSearchParams(location.search).get("login");
if (result) await finishLogin(result).catch(fail);
