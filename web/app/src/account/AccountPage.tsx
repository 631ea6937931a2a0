import type { User } from "@heirloom/client";
import { useCallback, useState } from "react";
import { formatDate } from "../ui/formatTime.js";
import { Page } from "../ui/Page.js";
import { Section } from "../ui/Section.js";
import { ChangePassword } from "./ChangePassword.js";
import { DeleteAccount } from "./DeleteAccount.js";
import { Devices } from "./Devices.js";
import { SecurityEvents } from "./SecurityEvents.js";

export function AccountPage({ user }: { user: User }) {
  const [version, setVersion] = useState(0);
  // A change in one section reloads the others.
  const onChange = useCallback(() => setVersion((version) => version + 1), []);
  return (
    <Page
      title="Your account"
      intro={
        <p className="muted">
          {user.email !== null && (
            <>
              <strong className="account-email">{user.email}</strong> ·{" "}
            </>
          )}
          since {formatDate(user.created_at)}
        </p>
      }
    >
      <div className="columns">
        <div>
          <Devices version={version} onChange={onChange} />
          <SecurityEvents version={version} />
        </div>
        <div>
          {user.has_password !== false ? (
            <>
              <ChangePassword user={user} onChange={onChange} />
              <DeleteAccount user={user} onRejected={onChange} />
            </>
          ) : (
            <Section title="Password" intro="You log in through another service. This account has no password." />
          )}
        </div>
      </div>
    </Page>
  );
}
