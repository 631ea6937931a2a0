import { createServer, type Server } from "node:http";
import { createSession, type SessionState } from "@heirloom/client";
import { createServerSessions, type ServerSession } from "@heirloom/client/server";
import express from "express";
import { renderToString } from "react-dom/server";
import { Shop } from "./Shop.js";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express declares its types so.
  namespace Express {
    interface Locals {
      session: ServerSession;
    }
  }
}

/** One for all users: on a server it knows nothing. */
const session = createSession({ baseUrl: "/auth" });

/** A server that renders `Shop` for the user. */
export function renderShop(heirloom: string, script: string): Server {
  const sessions = createServerSessions({ baseUrl: heirloom });
  const app = express();
  app.get("/script.js", (_request, response) => void response.type("js").send(script));
  app.use((request, response, next) => {
    response.locals.session = sessions.openNode(request, response);
    next();
  });
  app.get("/", async (_request, response) => {
    response.send(page(await response.locals.session.state()));
  });
  app.post("/logout", async (_request, response) => {
    await response.locals.session.logout();
    response.redirect(303, "/");
  });
  return createServer(app);
}

function page(state: SessionState): string {
  const json = JSON.stringify(state).replaceAll("<", "\\u003c");
  const shop = renderToString(<Shop session={session} initialState={state} />);
  return `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><div id="root">${shop}</div>
<script id="state" type="application/json">${json}</script><script type="module" src="/script.js"></script></html>`;
}
