import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from "react";

/** A location in the app: one path segment below its base, and a query. */
export interface Route {
  readonly page: string;
  readonly query: URLSearchParams;
  /** A value from the previous page. It is not part of the URL, because URLs end up in logs and histories. */
  readonly state: string;
}

interface NavigateOptions {
  readonly replace?: boolean;
  readonly state?: string | undefined;
}

interface Router {
  readonly route: Route;
  /** The number of page changes since the document was loaded. */
  readonly navigations: number;
  readonly hrefOf: (to: string) => string;
  readonly navigate: (to: string, options?: NavigateOptions) => void;
}

const RouterContext = createContext<Router | null>(null);

export function RouterProvider({ base, children }: { base: string; children: ReactNode }) {
  const [current, setCurrent] = useState(() => ({ route: readRoute(base), navigations: 0 }));
  const update = useCallback(
    () => setCurrent(({ navigations }) => ({ route: readRoute(base), navigations: navigations + 1 })),
    [base],
  );

  useEffect(() => {
    addEventListener("popstate", update);
    return () => removeEventListener("popstate", update);
  }, [update]);

  const navigate = useCallback(
    (to: string, { replace = false, state = "" }: NavigateOptions = {}) => {
      history[replace ? "replaceState" : "pushState"](state, "", base + to);
      update();
      scrollTo(0, 0);
    },
    [base, update],
  );

  const router = useMemo(
    () => ({ ...current, hrefOf: (to: string) => base + to, navigate }),
    [current, base, navigate],
  );
  return <RouterContext value={router}>{children}</RouterContext>;
}

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (!router) throw new Error("useRouter needs a RouterProvider");
  return router;
}

/** A link within the app. The browser itself opens new tabs and windows. */
export function Link({ to, state, ...rest }: { to: string; state?: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const { hrefOf, navigate } = useRouter();
  const onClick = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to, { state });
  };
  return <a {...rest} href={hrefOf(to)} onClick={onClick} />;
}

/** Replaces the current page in the browser's history. */
export function Redirect({ to, state }: { to: string; state?: string }) {
  const { navigate } = useRouter();
  useEffect(() => navigate(to, { replace: true, state }), [navigate, to, state]);
  return null;
}

/**
 * A link from a mail or another service has its page and token in the fragment: `#/reset-password?token=…`. The token moves
 * to the state of the history, so it is not in the URL any more.
 */
function openFragment(base: string) {
  const [page, query] = location.hash.startsWith("#/") ? location.hash.slice(2).split("?") : [];
  if (page === undefined || !/^[a-z-]*$/.test(page)) return;
  history.replaceState(new URLSearchParams(query).get("token") ?? "", "", base + page);
}

function readRoute(base: string): Route {
  openFragment(base);
  const { pathname, search } = location;
  const page = pathname.startsWith(base) ? pathname.slice(base.length) : "";
  const state: unknown = history.state;
  return { page, query: new URLSearchParams(search), state: typeof state === "string" ? state : "" };
}
