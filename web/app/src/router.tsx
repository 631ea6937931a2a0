import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from "react";

/** An address of the app: one segment below its base, and a query. */
export interface Route {
  readonly page: string;
  readonly query: URLSearchParams;
  /** What the page before handed on. It is in no address, since those are written down in many places. */
  readonly carried: string;
}

interface Router {
  readonly route: Route;
  /** How often the page has changed since it was loaded. */
  readonly turns: number;
  readonly hrefOf: (to: string) => string;
  readonly go: (to: string, how?: { replace?: boolean; carry?: string | undefined }) => void;
}

const RouterContext = createContext<Router | null>(null);

export function RouterProvider({ base, children }: { base: string; children: ReactNode }) {
  const [place, setPlace] = useState(() => ({ route: routeOf(base), turns: 0 }));

  useEffect(() => {
    const onTurn = () => setPlace(({ turns }) => ({ route: routeOf(base), turns: turns + 1 }));
    addEventListener("popstate", onTurn);
    return () => removeEventListener("popstate", onTurn);
  }, [base]);

  const go = useCallback(
    (to: string, { replace = false, carry = "" }: { replace?: boolean; carry?: string | undefined } = {}) => {
      history[replace ? "replaceState" : "pushState"](carry, "", base + to);
      setPlace(({ turns }) => ({ route: routeOf(base), turns: turns + 1 }));
      scrollTo(0, 0);
    },
    [base],
  );

  const router = useMemo(() => ({ ...place, hrefOf: (to: string) => base + to, go }), [place, base, go]);
  return <RouterContext value={router}>{children}</RouterContext>;
}

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (!router) throw new Error("There is no RouterProvider around this");
  return router;
}

/** A link within the app. New tabs and windows are left to the browser. */
export function Link({ to, carry, ...rest }: { to: string; carry?: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const { hrefOf, go } = useRouter();
  const onClick = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to, { carry });
  };
  return <a {...rest} href={hrefOf(to)} onClick={onClick} />;
}

/** Shows another page in this one's place. */
export function Redirect({ to }: { to: string }) {
  const { go } = useRouter();
  useEffect(() => go(to, { replace: true }), [go, to]);
  return null;
}

function routeOf(base: string): Route {
  const { pathname, search } = location;
  const page = pathname.startsWith(base) ? pathname.slice(base.length) : "";
  const carried: unknown = history.state;
  return { page, query: new URLSearchParams(search), carried: typeof carried === "string" ? carried : "" };
}
