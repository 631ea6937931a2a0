import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { useRouter } from "../router.js";

interface Props {
  readonly title: string;
  readonly className?: string;
  /** The page has an `h1` of its own. */
  readonly hideTitle?: boolean;
  /** The page came without a step of the user's, so its heading takes the focus in any case. */
  readonly announce?: boolean;
  readonly intro?: ReactNode;
  readonly children: ReactNode;
}

/** A page: its title in the tab, and after a change of pages the focus on its heading, so that it is read out. */
export function Page({ title, className = "", hideTitle = false, announce = false, intro, children }: Props) {
  const main = useRef<HTMLElement>(null);
  const { turns } = useRouter();
  useEffect(() => {
    document.title = `${title} · Heirloom`;
    if (turns > 0 || announce) main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [title, turns, announce]);
  return (
    <main id="main" className={`page ${className}`} ref={main}>
      {!hideTitle && (
        <header className="page-head">
          <h1 tabIndex={-1}>{title}</h1>
          {intro}
        </header>
      )}
      {children}
    </main>
  );
}
