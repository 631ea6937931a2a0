import type { EventsPage, SecurityEvent } from "@heirloom/client";
import { useCallback, useState } from "react";
import { useSession } from "../session/context.js";
import { useAction } from "../ui/useAction.js";
import { useLoaded } from "../ui/useLoaded.js";

/** So many are shown at first, and more each time that older ones are asked for. */
const STEP = 8;
/** So many are asked for: what an event is about may be told by one that is a good deal older. */
const PAGE = 50;

/** The security log from its newest entry on, asked for anew when `changes` changes. */
export function useEventLog(changes: number) {
  const session = useSession();
  const [held, setHeld] = useState<EventsPage | null>(null);
  const [count, setCount] = useState(STEP);
  const load = useCallback(async () => {
    const newest = await session.events({ limit: PAGE });
    setHeld((held) => merged(newest, held));
    return newest;
  }, [session]);
  const loaded = useLoaded(load, changes);
  const events = held?.events ?? [];
  const next = held?.next;
  const more = useAction(async () => {
    if (next && events.length < count + STEP) {
      const older = await session.events({ limit: PAGE, before: next });
      setHeld((held) => ({ ...older, events: [...(held?.events ?? []), ...older.events] }));
    }
    setCount(count + STEP);
  });
  return {
    loaded,
    more,
    events: held && events.slice(0, count),
    hasMore: events.length > count || !!next,
    isPractice: practised(events),
  };
}

/** What was held already goes on where the newest page ends, if that page reaches it. */
function merged(newest: EventsPage, held: EventsPage | null): EventsPage {
  const known = new Set(newest.events.map(({ id }) => id));
  if (!held?.events.some(({ id }) => known.has(id))) return newest;
  return { ...held, events: [...newest.events, ...held.events.filter(({ id }) => !known.has(id))] };
}

/** Whether something happened to a family that was begun to practise on. */
function practised(events: readonly SecurityEvent[]) {
  const families = new Set(events.filter(({ kind }) => kind === "practice_began").map((event) => event.session_id));
  return ({ session_id }: SecurityEvent) => !!session_id && families.has(session_id);
}
