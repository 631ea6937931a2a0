import type { ReactNode } from "react";
import { LogoutWarning } from "../session/LogoutWarning.js";
import { texts } from "../texts/index.js";
import { Check } from "../ui/icons.js";
import { Page } from "../ui/Page.js";
import { Rich } from "../ui/Rich.js";

interface Props {
  readonly title: string;
  /** The link to the other form: log in or register. */
  readonly alternative?: ReactNode;
  readonly children: ReactNode;
}

/** A form to log in or register, next to a short introduction. */
export function AuthLayout({ title, alternative, children }: Props) {
  return (
    <Page title={title} className="auth-layout" hideTitle>
      <aside className="intro" aria-label={texts.auth.about}>
        <p className="intro-title">
          {texts.auth.slogan.map((sentence) => (
            <span key={sentence}>
              <span className="fact">{sentence}</span>{" "}
            </span>
          ))}
        </p>
        <ul>
          {texts.auth.points.map((point) => (
            <li key={point}>
              <Check />
              <span>
                <Rich text={point} />
              </span>
            </li>
          ))}
        </ul>
      </aside>
      <div className="auth-side">
        <section className="card auth-card">
          <h1 tabIndex={-1}>{title}</h1>
          <LogoutWarning />
          {children}
        </section>
        {alternative && <p className="auth-alternative">{alternative}</p>}
      </div>
    </Page>
  );
}
