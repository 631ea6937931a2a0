import { Children } from "react";
import type { ReactNode } from "react";

/** What is known about a thing, in one paragraph. Lines break between two facts where they can. */
export function Facts({ children }: { children: ReactNode }) {
  const facts = Children.toArray(children);
  return (
    <p className="muted small">
      {facts.map((fact, index) => (
        <span key={index}>
          {index > 0 && " "}
          <span className="fact">
            {fact}
            {index < facts.length - 1 && " ·"}
          </span>
        </span>
      ))}
    </p>
  );
}
