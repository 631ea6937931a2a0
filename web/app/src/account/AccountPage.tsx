import type { User } from "@heirloom/client";
import { Page } from "../ui/Page.js";
import { dayOf } from "../ui/times.js";
import { DeleteAccount } from "./DeleteAccount.js";
import { Devices } from "./Devices.js";
import { Password } from "./Password.js";
import { SecurityEvents } from "./SecurityEvents.js";

export function AccountPage({ user }: { user: User }) {
  return (
    <Page
      title="Your account"
      intro={
        <p className="muted">
          <strong className="own-email">{user.email}</strong> · since {dayOf(user.created_at)}
        </p>
      }
    >
      <div className="columns">
        <div>
          <Devices />
          <SecurityEvents />
        </div>
        <div>
          <Password user={user} />
          <DeleteAccount user={user} />
        </div>
      </div>
    </Page>
  );
}
