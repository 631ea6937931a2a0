import { vi } from "vitest";
import type { SessionState } from "../../src/index.js";
import { AppServer } from "./appServer.js";
import { requestHeaders } from "./frameworks/next-headers.js";
import type { RequestEvent } from "./frameworks/kit.js";

/** The apps on the page on server rendering, each with modules of its own, as in a process of its own. */
export const APPS: Record<string, () => Promise<AppServer>> = {
  async express() {
    vi.resetModules();
    return AppServer.start((await import("../../servers/express.js")).app);
  },
  async sveltekit() {
    vi.resetModules();
    const { handle } = await import("../../servers/sveltekit.js");
    const { load } = await import("../../servers/sveltekitPage.js");
    return AppServer.startWith((request) => {
      const event = { request, locals: {}, getClientAddress: () => "127.0.0.1" } as RequestEvent;
      const resolve = async (event: RequestEvent) => {
        if (request.method !== "POST") {
          const { session } = (await load(event)) as { session: SessionState };
          const greeting = session.status === "authenticated" ? `Hello ${session.user.email}` : "Welcome";
          return new Response(greeting + JSON.stringify(session));
        }
        // A form action.
        await event.locals.session.logout();
        return Response.redirect(request.url, 303);
      };
      return handle({ event, resolve });
    });
  },
  async next() {
    vi.resetModules();
    const { proxy } = await import("../../servers/nextProxy.js");
    const { default: Page } = await import("../../servers/nextPage.js");
    const headersModule = (await import("next/headers")) as { requestHeaders: typeof requestHeaders };
    return AppServer.startWith(async (request) => {
      const passed = await proxy(request);
      const headers = new Headers();
      for (const name of (passed.headers.get("x-middleware-override-headers") ?? "").split(",")) {
        headers.set(name, passed.headers.get(`x-middleware-request-${name}`) ?? "");
      }
      const element = await headersModule.requestHeaders.run(headers, () => Page());
      const response = new Response(JSON.stringify(element.props));
      for (const name of ["cache-control", "vary"]) response.headers.set(name, passed.headers.get(name) ?? "");
      for (const cookie of passed.headers.getSetCookie()) response.headers.append("set-cookie", cookie);
      return response;
    });
  },
};
