import type { EventsPage, SecurityEvent } from "@heirloom/client";
import { useCallback, useEffect, useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { findTheft } from "../theft/findTheft.js";
import { useAction } from "../ui/useAction.js";
import { useAsyncData } from "../ui/useAsyncData.js";

/** The number of events shown at first, and added with each click. */
const STEP = 8;
/** The number of events per request. It is larger, because an event may refer to a much older one. */
const PAGE_SIZE = 50;
/** A theft is searched in this many events. Wrong passwords of strangers may follow it. */
const MAX_SEARCHED = 2_000;
const SEARCHED_PAGE_SIZE = 200;

export type EventLog = ReturnType<typeof useEventLog>;

/** The security log, newest first. It reloads when `version` changes. */
export function useEventLog(version: number) {
  const session = useSession();
  const [loaded, setLoaded] = useState<EventsPage | null>(null);
  const [count, setCount] = useState(STEP);
  const load = useCallback(async () => {
    const newest = await session.events({ limit: PAGE_SIZE });
    setLoaded((loaded) => merge(newest, loaded));
    return newest;
  }, [session]);
  const data = useAsyncData(load, version);
  const events = loaded?.events ?? [];
  const next = loaded?.next;
  const loadOlder = useCallback(
    async (before: string, limit: number) => {
      const older = await session.events({ limit, before });
      setLoaded((loaded) => (loaded?.next === before ? append(loaded, older) : loaded));
    },
    [session],
  );
  const more = useAction(async () => {
    if (next && events.length < count + STEP) await loadOlder(next, PAGE_SIZE);
    setCount(count + STEP);
  });
  const theft = loaded && findTheft(events, !next || events.length >= MAX_SEARCHED);
  useEffect(() => {
    // After a failure, the next look at the log goes on.
    if (theft === undefined && loaded?.next) loadOlder(loaded.next, SEARCHED_PAGE_SIZE).catch(() => undefined);
  }, [theft, loaded, loadOlder]);
  return {
    data,
    more,
    /** Those that are shown. */
    events: loaded && events.slice(0, count),
    /** What to warn of; undefined until the log has been searched. */
    theft,
    hasMore: events.length > count || !!next,
    isSandbox: sandboxFilter(events),
  };
}

const append = (loaded: EventsPage, older: EventsPage): EventsPage => ({
  ...older,
  events: [...loaded.events, ...older.events],
});

/** Keeps the loaded events after the newest page, if the two overlap. */
function merge(newest: EventsPage, loaded: EventsPage | null): EventsPage {
  const ids = new Set(newest.events.map(({ id }) => id));
  if (!loaded?.events.some(({ id }) => ids.has(id))) return newest;
  return { ...loaded, events: [...newest.events, ...loaded.events.filter(({ id }) => !ids.has(id))] };
}

/** Returns a function that says whether an event belongs to a sandbox. */
function sandboxFilter(events: readonly SecurityEvent[]) {
  const sandboxes = new Set(events.filter(({ kind }) => kind === "practice_began").map((event) => event.session_id));
  return ({ session_id }: SecurityEvent) => !!session_id && sandboxes.has(session_id);
}
