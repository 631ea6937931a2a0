import { useEffect, useState } from "react";
import { useSession } from "../session/context.js";
import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Spinner } from "../ui/Spinner.js";
import { Time } from "../ui/Time.js";
import { dayOf, fully } from "../ui/times.js";
import { useAction } from "../ui/useAction.js";
import type { FamilyServer, FamilyView } from "./server.js";
import { Timeline } from "./Timeline.js";
import { creditsOf } from "./words.js";

/** How often it is looked at, in milliseconds. */
const EVERY = 3000;

/** The family of the session that this page runs in. */
export function OwnFamily({ server, id }: { server: FamilyServer; id: string }) {
  const session = useSession();
  const { view, look } = useLiveView(server, id);
  const refresh = useAction(async () => {
    await session.refresh();
    await look();
  });
  return (
    <Section
      title="Your session, as it lives"
      intro="The family of the very session you are logged in with. It grows by one whenever the page refreshes: when its access token runs out, and when you ask for it."
    >
      {view ? (
        <>
          <Timeline view={view} label="Generations of your session" />
          <dl className="facts">
            <div>
              <dt>Newest generation</dt>
              <dd>{view.generation}</dd>
            </div>
            <div>
              <dt>Issued</dt>
              <dd>
                <Time at={view.rotated_at} />
              </dd>
            </div>
            <div>
              <dt>In use</dt>
              <dd>{view.confirmed >= view.generation ? "yes, confirmed" : "not seen yet"}</dd>
            </div>
            <div>
              <dt>Credits for lost answers</dt>
              <dd>{creditsOf(view)}</dd>
            </div>
            <div>
              <dt>Ends at the latest</dt>
              <dd>
                <time dateTime={view.expires_at} title={fully(view.expires_at)}>
                  {dayOf(view.expires_at)}
                </time>
              </dd>
            </div>
          </dl>
        </>
      ) : (
        <p role="status">
          <Spinner /> One moment …
        </p>
      )}
      {refresh.trouble && <Notice kind="problem">{refresh.trouble.message}</Notice>}
      <Button isBusy={refresh.isBusy} onClick={() => void refresh.run()}>
        Refresh now
      </Button>
    </Section>
  );
}

function useLiveView(server: FamilyServer, id: string) {
  const [view, setView] = useState<FamilyView | null>(null);
  useEffect(() => {
    let isThere = true;
    const tick = async () => {
      // A page that nobody looks at asks nothing, or it would keep its session alive for ever.
      if (document.visibilityState === "hidden") return;
      const seen = await server.view(id).catch(() => null);
      if (isThere && seen) setView(seen);
    };
    void tick();
    const timer = setInterval(() => void tick(), EVERY);
    return () => {
      isThere = false;
      clearInterval(timer);
    };
  }, [server, id]);
  const look = async () => {
    const seen = await server.view(id);
    if (seen) setView(seen);
  };
  return { view, look };
}
