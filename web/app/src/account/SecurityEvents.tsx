import type { SecurityEvent } from "@heirloom/client";
import { Button } from "../ui/Button.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { Facts } from "../ui/Facts.js";
import { Alert, Exit, Key, Shield } from "../ui/icons.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Time } from "../ui/Time.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import { describeEvent } from "./eventText.js";
import { displayName, sessionCode } from "./sessions.js";
import type { EventLog } from "./useEventLog.js";
import { texts } from "../texts/index.js";

interface Props {
  readonly log: EventLog;
  /** The session of this device. */
  readonly sessionId: string;
}

export function SecurityEvents({ log, sessionId }: Props) {
  const { data, more, events, hasMore, isSandbox } = log;
  const list = useFocusFallback<HTMLOListElement>(events?.length);
  return (
    <Section id="activity" title={texts.events.title}>
      <Loading data={data} />
      {events && (
        <ol className="rows" aria-label={texts.events.list} ref={list} tabIndex={-1}>
          {events.map((event) => (
            <EventRow key={event.id} event={event} isSandbox={isSandbox(event)} sessionId={sessionId} />
          ))}
        </ol>
      )}
      {more.error && (
        <Notice kind="error">
          <ErrorMessage error={more.error} />
        </Notice>
      )}
      {hasMore && (
        <Button isBusy={more.isBusy} onClick={() => void more.run()}>
          {texts.events.showOlder}
        </Button>
      )}
      {events && (
        <p className="visually-hidden" role="status">
          {texts.events.showing(events.length, !hasMore)}
        </p>
      )}
    </Section>
  );
}

interface RowProps {
  readonly event: SecurityEvent;
  readonly isSandbox: boolean;
  readonly sessionId: string;
}

function EventRow({ event, isSandbox, sessionId }: RowProps) {
  const { text, severity } = describeEvent(event, isSandbox);
  const Icon = severity === "critical" ? Alert : severity === "warning" ? Key : event.kind === "logout" ? Exit : Shield;
  return (
    <li className={`row ${severity}`}>
      <Icon />
      <div className="row-text">
        <p className="row-title">{text}</p>
        <Facts>
          <Time at={event.at} />
          {causeOf(event)}
          {actorOf(event)}
          {event.ip}
          {sessionOf(event, sessionId)}
        </Facts>
      </div>
    </li>
  );
}

interface Detail {
  readonly by?: string;
  readonly actor?: string;
}

/** The browser that sent the request, the operator, or the operator's backend. */
function causeOf(event: SecurityEvent): string | null {
  const { by } = (event.detail ?? {}) as Detail;
  if (by === "cli") return texts.events.byOperator;
  return event.user_agent ? displayName(event) : by === "service" ? texts.events.byService : null;
}

/** Who acted for the user. */
function actorOf(event: SecurityEvent): string | null {
  const { actor } = (event.detail ?? {}) as Detail;
  return actor ? texts.events.byActor(actor) : null;
}

function sessionOf({ session_id }: SecurityEvent, own: string): string | null {
  if (!session_id) return null;
  const session = texts.devices.session(sessionCode(session_id));
  return session_id === own ? `${session} (${texts.events.thisDevice})` : session;
}
