import { useId } from "react";
import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly className?: string;
  readonly children?: ReactNode;
}

/** A section of a page, which is a landmark with its heading as the name. */
export function Section({ title, intro, className = "", children }: Props) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <header className="section-header">
        <h2 id={id}>{title}</h2>
        {intro && <p className="muted">{intro}</p>}
      </header>
      {children}
    </section>
  );
}
