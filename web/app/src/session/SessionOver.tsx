import type { OverReason } from "@heirloom/client";
import { Link } from "../router.js";
import { Clock, Door, Shield } from "../ui/icons.js";
import { Page } from "../ui/Page.js";

const told: Record<OverReason, { title: string; text: string; icon: typeof Clock }> = {
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
  },
  logged_out: {
    title: "You are logged out",
    text: "You logged out in this tab or in another one. See you soon.",
    icon: Door,
  },
};

/** What stands in a page's place once the session is over. */
export function SessionOver({ reason, next }: { reason: OverReason; next: string }) {
  const { title, text, icon: Icon } = told[reason];
  return (
    <Page title={title} className="centred" hideTitle announce>
      <section className="card over" data-over={reason}>
        <span className={`over-icon ${reason === "reused" ? "danger" : ""}`}>
          <Icon />
        </span>
        <h1 tabIndex={-1}>{title}</h1>
        <p>{text}</p>
        <Link className="button primary" to={`login?next=${next}`}>
          Log in again
        </Link>
      </section>
    </Page>
  );
}
