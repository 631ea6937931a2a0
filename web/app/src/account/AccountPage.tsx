import type { User } from "@heirloom/client";
import { useCallback, useState } from "react";
import { useOffer } from "../recovery/useOffer.js";
import { formatDate } from "../ui/formatTime.js";
import { Page } from "../ui/Page.js";
import { ChangeEmail } from "./ChangeEmail.js";
import { ChangePassword } from "./ChangePassword.js";
import { DeleteAccount } from "./DeleteAccount.js";
import { Devices } from "./Devices.js";
import { SecurityEvents } from "./SecurityEvents.js";

export function AccountPage({ user }: { user: User }) {
  const [version, setVersion] = useState(0);
  const offer = useOffer();
  // A change in one section reloads the others.
  const onChange = useCallback(() => setVersion((version) => version + 1), []);
  return (
    <Page
      title="Your account"
      intro={
        <p className="muted">
          <strong className="account-email">{user.email}</strong>
          {offer?.recovery && !user.email_verified && " (not confirmed: check your mail)"} · since{" "}
          {formatDate(user.created_at)}
        </p>
      }
    >
      <div className="columns">
        <div>
          <Devices version={version} onChange={onChange} />
          <SecurityEvents version={version} />
        </div>
        <div>
          <ChangePassword user={user} onChange={onChange} />
          {offer?.recovery && <ChangeEmail user={user} onChange={onChange} />}
          <DeleteAccount user={user} onRejected={onChange} />
        </div>
      </div>
    </Page>
  );
}
