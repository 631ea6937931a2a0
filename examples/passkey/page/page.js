import { stepUp } from "./modules/client/account.js";
import { createSession } from "./modules/client/index.js";
import { startAuthentication, startRegistration } from "./modules/webauthn/index.js";

const { heirloom } = await (await fetch("config.json")).json();

/** Keeps the session, in all tabs. */
export const session = createSession({
  baseUrl: heirloom,
  // A response of this backend wants a newer proof: the user presents the passkey again.
  onStepUp: stepUp(async () => {
    const optionsJSON = await post("login/new");
    await post("step-up", await startAuthentication({ optionsJSON }), session.fetch);
    // The next access token says when that was.
    await session.refresh();
  }),
});

async function register(name) {
  const optionsJSON = await post("passkeys/new", { name });
  const { ticket } = await post("passkeys", await startRegistration({ optionsJSON }));
  await session.redeem(ticket);
}

async function logIn() {
  const optionsJSON = await post("login/new");
  const { ticket } = await post("login", await startAuthentication({ optionsJSON }));
  await session.redeem(ticket);
}

async function showSecret() {
  element("secret").textContent = "";
  element("secret").textContent = (await read(await session.fetch("secret"))).secret;
}

async function post(path, body = {}, send = fetch) {
  const headers = { "content-type": "application/json" };
  return read(await send(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function read(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? body.detail);
  return body;
}

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
  if (!isIn) element("secret").textContent = "";
}

function element(id) {
  return document.getElementById(id);
}

/** Runs an action of the user, and shows its error. */
function on(id, event, action) {
  element(id).addEventListener(event, async (event) => {
    event.preventDefault();
    element("error").textContent = "";
    await action(event).catch((error) => (element("error").textContent = error.message));
  });
}

on("register", "submit", ({ target }) => register(new FormData(target).get("name")));
on("login", "click", logIn);
on("show", "click", showSecret);
on("logout", "click", () => session.logout());
session.subscribe(render);
render(session.getState());
