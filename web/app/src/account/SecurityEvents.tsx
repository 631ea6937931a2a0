import type { SecurityEvent } from "@heirloom/client";
import { Button } from "../ui/Button.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { Alert, Exit, Key, Shield } from "../ui/icons.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Time } from "../ui/Time.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import { describeEvent } from "./eventText.js";
import { useEventLog } from "./useEventLog.js";
import { texts } from "../texts/index.js";

export function SecurityEvents({ version }: { version: number }) {
  const { data, more, events, hasMore, isSandbox } = useEventLog(version);
  const list = useFocusFallback<HTMLOListElement>(events?.length);
  return (
    <Section title={texts.events.title}>
      <Loading data={data} />
      {events && (
        <ol className="rows" aria-label={texts.events.list} ref={list} tabIndex={-1}>
          {events.map((event) => (
            <EventRow key={event.id} event={event} isSandbox={isSandbox(event)} />
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

function EventRow({ event, isSandbox }: { event: SecurityEvent; isSandbox: boolean }) {
  const { text, severity } = describeEvent(event, isSandbox);
  const Icon = severity === "critical" ? Alert : severity === "warning" ? Key : event.kind === "logout" ? Exit : Shield;
  return (
    <li className={`row ${severity}`}>
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
