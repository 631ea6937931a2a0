import type { ReactNode } from "react";
import { Untold } from "../session/Untold.js";
import { Check } from "../ui/icons.js";
import { Page } from "../ui/Page.js";

/** The way in: a form, and beside it what one gets for it. */
export function Entrance({ title, beside, children }: { title: string; beside: ReactNode; children: ReactNode }) {
  return (
    <Page title={title} className="entrance" hideTitle>
      <aside className="pitch" aria-label="About Heirloom">
        <p className="pitch-line">Stay logged in. Unless somebody steals the key.</p>
        <ul>
          <li>
            <Check />
            <span>
              <strong>Any number of tabs.</strong> They race, and all of them win.
            </span>
          </li>
          <li>
            <Check />
            <span>
              <strong>Tunnels and closed laptops.</strong> An answer that got lost is given again.
            </span>
          </li>
          <li>
            <Check />
            <span>
              <strong>A stolen copy ends the session.</strong> You are told, and other devices go on.
            </span>
          </li>
        </ul>
      </aside>
      <div className="door-side">
        <section className="card door">
          <h1 tabIndex={-1}>{title}</h1>
          <Untold />
          {children}
        </section>
        <p className="beside">{beside}</p>
      </div>
    </Page>
  );
}
