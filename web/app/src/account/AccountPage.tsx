import type { User } from "@heirloom/client";
import { useCallback, useEffect, useState } from "react";
import { useOffer } from "../recovery/useOffer.js";
import { useRouter } from "../router.js";
import { formatDate } from "../ui/formatTime.js";
import { useSession } from "../session/SessionContext.js";
import { useLookAgain } from "../session/useLookAgain.js";
import { TheftWarning } from "../theft/TheftWarning.js";
import { Page } from "../ui/Page.js";
import { Section, goToSection } from "../ui/Section.js";
import { useAsyncData } from "../ui/useAsyncData.js";
import { ChangeEmail } from "./ChangeEmail.js";
import { ChangePassword } from "./ChangePassword.js";
import { DeleteAccount } from "./DeleteAccount.js";
import { Devices } from "./Devices.js";
import { SectionLinks } from "./SectionLinks.js";
import { SecurityEvents } from "./SecurityEvents.js";
import { useEventLog } from "./useEventLog.js";
import { texts } from "../texts/index.js";

export function AccountPage({ user, sessionId }: { user: User; sessionId: string }) {
  const session = useSession();
  const [version, setVersion] = useState(0);
  const offer = useOffer();
  // A change in one section reloads the others.
  const onChange = useCallback(() => setVersion((version) => version + 1), []);
  useLookAgain(onChange);
  // The previous page may name a section.
  const { state: section } = useRouter().route;
  useEffect(() => {
    if (section) goToSection(section);
  }, [section]);
  const devices = useAsyncData(session.sessions, version);
  const log = useEventLog(version);
  const hasPassword = user.has_password !== false;
  const hasEmailChange = offer?.recovery === true && hasPassword && user.email !== null;
  return (
    <Page
      title={texts.account.title}
      intro={
        <p className="muted">
          {user.email !== null && (
            <>
              <strong className="account-email">{user.email}</strong>
              {offer?.recovery && !user.email_verified && ` (${texts.account.isNotConfirmed})`}
              {"\u00a0· "}
            </>
          )}
          <span className="fact">{texts.account.since(formatDate(user.created_at))}</span>
        </p>
      }
    >
      <TheftWarning theft={log.theft} />
      <SectionLinks hasEmailChange={hasEmailChange} hasPassword={hasPassword} />
      <div className="columns">
        <div>
          <Devices data={devices} onChange={onChange} />
          <SecurityEvents log={log} sessionId={sessionId} />
        </div>
        <div>
          {hasPassword ? (
            <>
              <ChangePassword user={user} onChange={onChange} />
              {hasEmailChange && <ChangeEmail user={user} onChange={onChange} />}
              <DeleteAccount user={user} onRejected={onChange} />
            </>
          ) : (
            <Section id="password" title={texts.passwordChange.title} intro={texts.passwordChange.none} />
          )}
        </div>
      </div>
    </Page>
  );
}
