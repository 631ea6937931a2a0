import { useEffect, useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { formatDate, formatDateTime } from "../ui/formatTime.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Spinner } from "../ui/Spinner.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import type { FamilyApi, FamilyView } from "./familyApi.js";
import { creditsOf } from "./stepText.js";
import { Timeline } from "./Timeline.js";
import { texts } from "../texts/index.js";

const POLL_INTERVAL = 3000;

/** The token family of the current session. */
export function SessionFamily({ api, id }: { api: FamilyApi; id: string }) {
  const session = useSession();
  const { family, reload } = usePolledFamily(api, id);
  const refresh = useAction(async () => {
    await session.refresh();
    await reload();
  });
  return (
    <Section title={texts.ownFamily.title} intro={texts.ownFamily.intro}>
      {family ? (
        <>
          <Timeline family={family} label={texts.ownFamily.timeline} />
          <dl className="facts">
            <div>
              <dt>{texts.ownFamily.newest}</dt>
              <dd>{family.generation}</dd>
            </div>
            <div>
              <dt>{texts.ownFamily.issued}</dt>
              <dd>
                <Time at={family.rotated_at} />
              </dd>
            </div>
            <div>
              <dt>{texts.ownFamily.inUse}</dt>
              <dd>{family.confirmed >= family.generation ? texts.ownFamily.isInUse : texts.ownFamily.isNotInUse}</dd>
            </div>
            <div>
              <dt>{texts.ownFamily.credits}</dt>
              <dd>{creditsOf(family)}</dd>
            </div>
            <div>
              <dt>{texts.ownFamily.expires}</dt>
              <dd>
                <time dateTime={family.expires_at} title={formatDateTime(family.expires_at)}>
                  {formatDate(family.expires_at)}
                </time>
              </dd>
            </div>
          </dl>
        </>
      ) : (
        <p role="status">
          <Spinner /> {texts.app.loading}
        </p>
      )}
      {refresh.error && (
        <Notice kind="error">
          <ErrorMessage error={refresh.error} />
        </Notice>
      )}
      <Button isBusy={refresh.isBusy} onClick={() => void refresh.run()}>
        {texts.ownFamily.refresh}
      </Button>
    </Section>
  );
}

function usePolledFamily(api: FamilyApi, id: string) {
  const [family, setFamily] = useState<FamilyView | null>(null);
  useEffect(() => {
    let isMounted = true;
    const poll = async () => {
      // A hidden page sends no requests. Otherwise it would keep its session alive without a user.
      if (document.visibilityState === "hidden") return;
      const loaded = await api.getFamily(id).catch(() => null);
      if (isMounted && loaded) setFamily(loaded);
    };
    void poll();
    const timer = setInterval(() => void poll(), POLL_INTERVAL);
    return () => {
      isMounted = false;
      clearInterval(timer);
    };
  }, [api, id]);
  const reload = async () => {
    const loaded = await api.getFamily(id);
    if (loaded) setFamily(loaded);
  };
  return { family, reload };
}
