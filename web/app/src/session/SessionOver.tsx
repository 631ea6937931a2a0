import type { OverReason } from "@heirloom/client";
import { Link } from "../router.js";
import { Alert, Clock, Door, Shield } from "../ui/icons.js";
import { Page } from "../ui/Page.js";
import { useFarewell } from "./context.js";
import type { Farewell } from "./farewell.js";
import { Untold } from "./Untold.js";
import { Waiting } from "./Waiting.js";

interface Told {
  readonly title: string;
  readonly text: string;
  readonly icon: typeof Clock;
  readonly isGrave?: boolean;
}

const told: Record<OverReason, Told> = {
  expired: {
    title: "Your session has expired",
    text: "You were away for a while, or it was simply its time. Nothing is lost: log in again and go on.",
    icon: Clock,
  },
  revoked: {
    title: "Your session was ended",
    text: "It was ended from elsewhere: on another device, by a new password, or by whoever runs this service. If that was not you, log in and change your password.",
    icon: Door,
  },
  reused: {
    title: "Your session was ended to protect you",
    text: "An old key of this session was shown to the server. That means somebody may hold a copy of it, so every copy has been made worthless. Your other devices are not affected. If you do not know why this happened, log in and change your password.",
    icon: Shield,
    isGrave: true,
  },
  logged_out: { title: "You are logged out", text: "You logged out in another tab. See you soon.", icon: Door },
};

const left: Record<Farewell["kind"], Told> = {
  logout: { title: "You are logged out", text: "This session has ended on the server too. See you soon.", icon: Door },
  everywhere: {
    title: "You are logged out everywhere",
    text: "Every session of yours has ended, on each device. See you soon.",
    icon: Door,
  },
  deleted: {
    title: "Your account is deleted",
    text: "Everything that belonged to it is gone, its sessions on other devices too.",
    icon: Door,
  },
};

const untold: Told = {
  title: "You may still be logged in",
  text: "This page has forgotten your session. The cookie that belongs to it is still in this browser.",
  icon: Alert,
  isGrave: true,
};

/** What stands in a page's place once the session is over. */
export function SessionOver({ reason, next }: { reason: OverReason; next: string }) {
  const farewell = useFarewell();
  const own = reason === "logged_out" ? farewell : null;
  if (own?.server === "telling") return <Waiting text="Logging you out …" />;
  const { title, text, icon: Icon, isGrave } = !own ? told[reason] : own.server === "untold" ? untold : left[own.kind];
  return (
    <Page title={title} className="centred" hideTitle announce>
      <section className="card over" data-over={reason}>
        <span className={`over-icon ${isGrave ? "danger" : ""}`}>
          <Icon />
        </span>
        <h1 tabIndex={-1}>{title}</h1>
        <p>{text}</p>
        <Untold />
        {own?.kind === "deleted" ? (
          <Link className="button primary" to="register">
            Create another account
          </Link>
        ) : (
          <Link className={own?.server === "untold" ? "button" : "button primary"} to={`login?next=${next}`}>
            Log in again
          </Link>
        )}
      </section>
    </Page>
  );
}
