import { useId } from "react";
import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly className?: string;
  /** For links within the page. */
  readonly id?: string;
  readonly children?: ReactNode;
}

/** A section of a page, which is a landmark with its heading as the name. */
export function Section({ title, intro, className = "", id, children }: Props) {
  const headingId = useId();
  return (
    <section className={`card ${className}`} id={id} aria-labelledby={headingId}>
      <header className="section-header">
        <h2 id={headingId} tabIndex={-1}>
          {title}
        </h2>
        {intro && <p className="muted">{intro}</p>}
      </header>
      {children}
    </section>
  );
}

/** Scrolls to the section and focuses its heading, as a link does. */
export function goToSection(id: string): void {
  const section = document.getElementById(id);
  section?.scrollIntoView();
  section?.querySelector("h2")?.focus({ preventScroll: true });
}
