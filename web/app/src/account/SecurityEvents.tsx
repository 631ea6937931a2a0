import type { EventsPage, SecurityEvent } from "@heirloom/client";
import { useCallback, useState } from "react";
import { useSession } from "../session/context.js";
import { Button } from "../ui/Button.js";
import { Alert, Door, Key, Shield } from "../ui/icons.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Spinner } from "../ui/Spinner.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import { useKeptFocus } from "../ui/useKeptFocus.js";
import { useLoaded } from "../ui/useLoaded.js";
import { tell } from "./events.js";

const PAGE = 8;

export function SecurityEvents() {
  const session = useSession();
  const { value: newest, trouble } = useLoaded(useCallback(() => session.events({ limit: PAGE }), [session]));
  const [older, setOlder] = useState<EventsPage | null>(null);
  const next = older ? older.next : newest?.next;
  const more = useAction(async () => {
    const page = await session.events({ limit: PAGE, ...(next ? { before: next } : {}) });
    setOlder((older) => ({ ...page, events: [...(older?.events ?? []), ...page.events] }));
  });
  const list = useKeptFocus<HTMLOListElement>(older);
  const events = newest && [...newest.events, ...(older?.events ?? [])];
  return (
    <Section title="Security events" intro="What happened to your account lately, the newest first.">
      {trouble && <Notice kind="problem">{trouble}</Notice>}
      {events ? (
        <ol className="rows" aria-label="Security events" ref={list} tabIndex={-1}>
          {events.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </ol>
      ) : (
        !trouble && (
          <p role="status">
            <Spinner /> One moment …
          </p>
        )
      )}
      {more.trouble && <Notice kind="problem">{more.trouble.message}</Notice>}
      {next && (
        <Button isBusy={more.isBusy} onClick={() => void more.run()}>
          Show older events
        </Button>
      )}
      {older && (
        <p className="unseen" role="status">
          {events?.length} events are shown{next ? "" : ", which are all"}.
        </p>
      )}
    </Section>
  );
}

function EventRow({ event }: { event: SecurityEvent }) {
  const { text, weight } = tell(event);
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
