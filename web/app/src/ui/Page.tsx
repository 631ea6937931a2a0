import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { useRouter } from "../router.js";

interface Props {
  readonly title: string;
  readonly className?: string;
  /** The children contain the `h1`. */
  readonly hideTitle?: boolean;
  /** The page appears without a navigation, but its heading must get the focus. */
  readonly focusHeading?: boolean;
  readonly intro?: ReactNode;
  readonly children: ReactNode;
}

/** Sets the document's title. After a navigation it focuses the heading, which makes screen readers announce the page. */
export function Page({ title, className = "", hideTitle = false, focusHeading = false, intro, children }: Props) {
  const main = useRef<HTMLElement>(null);
  const { navigations } = useRouter();
  useEffect(() => {
    document.title = `${title} · Heirloom`;
    if (navigations > 0 || focusHeading) main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [title, navigations, focusHeading]);
  return (
    <main id="main" className={`page ${className}`} ref={main}>
      {!hideTitle && (
        <header className="page-header">
          <h1 tabIndex={-1}>{title}</h1>
          {intro}
        </header>
      )}
      {children}
    </main>
  );
}
