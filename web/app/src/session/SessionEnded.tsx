import type { OverReason } from "@heirloom/client";
import { Link } from "../router.js";
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

const reasons: Record<OverReason, Message> = {
  expired: {
    title: "Your session has expired",
    text: "You did not use it for a while, or it reached its maximum age. Log in again to continue.",
    icon: Clock,
  },
  revoked: {
    title: "Your session was revoked",
    text: "It was revoked from another device, by a password change or by an administrator. If this was not you, log in and change your password.",
    icon: Exit,
  },
  reused: {
    title: "Your session was revoked to protect you",
    text: "An old refresh token of this session was used again. Someone may have a copy of it, so the server revoked the session. Your other devices are not affected. If you do not know why this happened, log in and change your password.",
    icon: Shield,
    isWarning: true,
  },
  logged_out: { title: "You are logged out", text: "You logged out in another tab.", icon: Exit },
};

const logouts: Record<LogoutStatus["kind"], Message> = {
  logout: { title: "You are logged out", text: "The server has revoked your session.", icon: Exit },
  everywhere: {
    title: "You are logged out everywhere",
    text: "The server has revoked all your sessions, on every device.",
    icon: Exit,
  },
  deleted: {
    title: "Your account is deleted",
    text: "Your sessions on all devices and your history are deleted too.",
    icon: Exit,
  },
};

const unconfirmed: Message = {
  title: "You may still be logged in",
  text: "This page has forgotten your session, but this browser still has its cookie.",
  icon: Alert,
  isWarning: true,
};

/** Replaces a protected page once the session has ended. */
export function SessionEnded({ reason, next }: { reason: OverReason; next: string }) {
  const status = useLogoutStatus();
  const logout = reason === "logged_out" ? status : null;
  if (logout?.server === "pending") return <LoadingPage text="Logging out…" />;
  const isUnconfirmed = logout?.server === "unconfirmed";
  const message = !logout ? reasons[reason] : isUnconfirmed ? unconfirmed : logouts[logout.kind];
  const { title, text, icon: Icon, isWarning } = message;
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
            Create another account
          </Link>
        ) : (
          <Link className={isUnconfirmed ? "button" : "button primary"} to={`login?next=${next}`}>
            Log in again
          </Link>
        )}
      </section>
    </Page>
  );
}
