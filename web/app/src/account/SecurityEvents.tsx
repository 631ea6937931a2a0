import type { SecurityEvent } from "@heirloom/client";
import { Button } from "../ui/Button.js";
import { Alert, Door, Key, Shield } from "../ui/icons.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Time } from "../ui/Time.js";
import { useKeptFocus } from "../ui/useKeptFocus.js";
import { tell } from "./events.js";
import { useEventLog } from "./useEventLog.js";

export function SecurityEvents({ changes }: { changes: number }) {
  const { loaded, more, events, hasMore, isPractice } = useEventLog(changes);
  const list = useKeptFocus<HTMLOListElement>(events?.length);
  return (
    <Section title="Security events" intro="What happened to your account lately, the newest first.">
      <Loading of={loaded} />
      {events && (
        <ol className="rows" aria-label="Security events" ref={list} tabIndex={-1}>
          {events.map((event) => (
            <EventRow key={event.id} event={event} isPractice={isPractice(event)} />
          ))}
        </ol>
      )}
      {more.trouble && <Notice kind="problem">{more.trouble.message}</Notice>}
      {hasMore && (
        <Button isBusy={more.isBusy} onClick={() => void more.run()}>
          Show older events
        </Button>
      )}
      {events && (
        <p className="unseen" role="status">
          {events.length} events are shown{hasMore ? "" : ", which are all"}.
        </p>
      )}
    </Section>
  );
}

function EventRow({ event, isPractice }: { event: SecurityEvent; isPractice: boolean }) {
  const { text, weight } = tell(event, isPractice);
  const Icon = weight === "alarm" ? Alert : weight === "watch" ? Key : event.kind === "logout" ? Door : Shield;
  return (
    <li className={`row ${weight}`}>
      <Icon />
      <div className="row-text">
        <p className="row-title">{text}</p>
        <p className="muted small">
          <Time at={event.at} />
          {event.ip && <> · {event.ip}</>}
        </p>
      </div>
    </li>
  );
}
