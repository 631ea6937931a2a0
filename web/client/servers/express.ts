import { ProblemError, type ServerSession, type SessionState } from "@heirloom/client/server";
import express from "express";
import { heirloom } from "./heirloom";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express declares its types so.
  namespace Express {
    interface Locals {
      session: ServerSession;
    }
  }
}

export const app = express();
app.use(express.urlencoded());
app.use((request, response, next) => {
  response.locals.session = heirloom.openNode(request, response);
  next();
});

app.get("/", async (_request, response) => {
  response.send(render(await response.locals.session.state()));
});

app.post("/login", async (request, response) => {
  const { email, password } = request.body as { email: string; password: string };
  try {
    await response.locals.session.login({ email, password });
    response.redirect(303, "/");
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    response.status(error.status).send(error.message);
  }
});

app.post("/logout", async (_request, response) => {
  await response.locals.session.logout();
  response.redirect(303, "/");
});

function render(state: SessionState): string {
  // The script in the page starts with this state. No text of a user can end the element.
  const json = JSON.stringify(state).replaceAll("<", "\\u003c");
  return `<!doctype html><title>Shop</title><div id="app">${greeting(state)}</div>
<script id="state" type="application/json">${json}</script><script type="module" src="/page/main.js"></script>`;
}

function greeting(state: SessionState): string {
  if (state.status === "authenticated") return `Hello ${escape(state.user.email ?? "you")}`;
  if (state.status !== "anonymous") return "Welcome";
  return state.over === "reused" ? "Someone else may have used your session. Log in again." : "Log in";
}

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
