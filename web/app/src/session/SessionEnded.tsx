import type { OverReason } from "@heirloom/client";
import { Link } from "../router.js";
import { texts } from "../texts/index.js";
import { Alert, Clock, Exit, Shield } from "../ui/icons.js";
import { Page } from "../ui/Page.js";
import { LoadingPage } from "./LoadingPage.js";
import type { LogoutStatus } from "./logoutStore.js";
import { LogoutWarning } from "./LogoutWarning.js";
import { useLogoutStatus } from "./SessionContext.js";

interface Message {
  readonly title: string;
  readonly text: string;
  readonly icon: typeof Clock;
  readonly isWarning?: boolean;
}

/** The client reports a disabled account as another reason, or as none. */
type Reason = OverReason | "disabled";

/** Why the session has ended. */
function messageOfReason(reason: Reason): Message {
  const { expired, revoked, reused, disabled, loggedOut } = texts.ended;
  switch (reason) {
    case "expired":
      return { ...expired, icon: Clock };
    case "revoked":
      return { ...revoked, icon: Exit };
    case "reused":
      return { ...reused, icon: Shield, isWarning: true };
    case "disabled":
      return { ...disabled, icon: Exit, isWarning: true };
    case "logged_out":
      return { ...loggedOut, icon: Exit };
  }
}

/** How the user has logged out in this tab. */
function messageOfLogout({ kind, server }: LogoutStatus): Message {
  if (server === "unconfirmed") return { ...texts.ended.unconfirmed, icon: Alert, isWarning: true };
  return { ...texts.ended[kind], icon: Exit };
}

/** Replaces a protected page once the session has ended. */
export function SessionEnded({ reason, next }: { reason: Reason; next: string }) {
  const status = useLogoutStatus();
  const logout = reason === "logged_out" ? status : null;
  if (logout?.server === "pending") return <LoadingPage text={texts.ended.loggingOut} />;
  const isUnconfirmed = logout?.server === "unconfirmed";
  const { title, text, icon: Icon, isWarning } = logout ? messageOfLogout(logout) : messageOfReason(reason);
  return (
    <Page title={title} className="centered" hideTitle focusHeading>
      <section className="card status-card">
        <span className={`status-icon ${isWarning ? "danger" : ""}`}>
          <Icon />
        </span>
        <h1 tabIndex={-1}>{title}</h1>
        <p>{text}</p>
        <LogoutWarning />
        {logout?.kind === "deleted" ? (
          <Link className="button primary" to="register">
            {texts.ended.createAnother}
          </Link>
        ) : (
          <Link className={isUnconfirmed ? "button" : "button primary"} to={`login?next=${next}`}>
            {texts.ended.logInAgain}
          </Link>
        )}
      </section>
    </Page>
  );
}
