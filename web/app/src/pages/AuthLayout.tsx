import type { ReactNode } from "react";
import { LogoutWarning } from "../session/LogoutWarning.js";
import { Check } from "../ui/icons.js";
import { Page } from "../ui/Page.js";

interface Props {
  readonly title: string;
  /** The link to the other form: log in or register. */
  readonly alternative: ReactNode;
  readonly children: ReactNode;
}

/** A form to log in or register, next to a short introduction. */
export function AuthLayout({ title, alternative, children }: Props) {
  return (
    <Page title={title} className="auth-layout" hideTitle>
      <aside className="intro" aria-label="About Heirloom">
        <p className="intro-title">Stay logged in. Stop stolen tokens.</p>
        <ul>
          <li>
            <Check />
            <span>
              <strong>Many tabs.</strong> They can refresh at the same time.
            </span>
          </li>
          <li>
            <Check />
            <span>
              <strong>Bad networks.</strong> A lost response does not log you out.
            </span>
          </li>
          <li>
            <Check />
            <span>
              <strong>Stolen tokens.</strong> Replaying one revokes the session. Your other devices stay logged in.
            </span>
          </li>
        </ul>
      </aside>
      <div className="auth-side">
        <section className="card auth-card">
          <h1 tabIndex={-1}>{title}</h1>
          <LogoutWarning />
          {children}
        </section>
        <p className="auth-alternative">{alternative}</p>
      </div>
    </Page>
  );
}
