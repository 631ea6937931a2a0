import type { User } from "@heirloom/client";
import { useCallback, useState } from "react";
import { Page } from "../ui/Page.js";
import { dayOf } from "../ui/times.js";
import { DeleteAccount } from "./DeleteAccount.js";
import { Devices } from "./Devices.js";
import { Password } from "./Password.js";
import { SecurityEvents } from "./SecurityEvents.js";

export function AccountPage({ user }: { user: User }) {
  const [changes, setChanges] = useState(0);
  // What one part of the page does shows in the others.
  const onChange = useCallback(() => setChanges((changes) => changes + 1), []);
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
          <Devices changes={changes} onChange={onChange} />
          <SecurityEvents changes={changes} />
        </div>
        <div>
          <Password user={user} onChange={onChange} />
          <DeleteAccount user={user} onRefused={onChange} />
        </div>
      </div>
    </Page>
  );
}
