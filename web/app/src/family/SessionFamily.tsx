import { useEffect, useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { formatDate, formatDateTime } from "../ui/formatTime.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Spinner } from "../ui/Spinner.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import type { FamilyApi, FamilyView } from "./familyApi.js";
import { creditsOf } from "./stepText.js";
import { Timeline } from "./Timeline.js";

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
    <Section
      title="Your session"
      intro="The token family of your current session. It gains one generation with each refresh: when the access token expires, and when you refresh it here."
    >
      {family ? (
        <>
          <Timeline family={family} label="Generations of your session" />
          <dl className="facts">
            <div>
              <dt>Newest generation</dt>
              <dd>{family.generation}</dd>
            </div>
            <div>
              <dt>Issued</dt>
              <dd>
                <Time at={family.rotated_at} />
              </dd>
            </div>
            <div>
              <dt>In use</dt>
              <dd>{family.confirmed >= family.generation ? "yes, confirmed" : "not yet"}</dd>
            </div>
            <div>
              <dt>Recovery credits</dt>
              <dd>{creditsOf(family)}</dd>
            </div>
            <div>
              <dt>Expires at the latest</dt>
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
          <Spinner /> Loading…
        </p>
      )}
      {refresh.error && <Notice kind="error">{refresh.error.message}</Notice>}
      <Button isBusy={refresh.isBusy} onClick={() => void refresh.run()}>
        Refresh now
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
