import type { SessionInfo, User } from "@heirloom/client";
import { useCallback, useEffect } from "react";
import { useHeirloomUrl, useReportUser, useServer, useSession } from "./SessionContext.js";
import { useLookAgain } from "./useLookAgain.js";

/** The server's clock is known to a second. */
const MARGIN = 1_500;
/** Timers stop while the machine sleeps, and none can wait for a month. */
const MAX_WAIT = 30_000;

/** Looks whether the session goes on, and whether another page has changed or confirmed the email address: when the user returns to the page, and when the session is due to expire. */
export function useSessionCheck({ expires_at, idle_expires_at }: SessionInfo): void {
  const session = useSession();
  const heirloom = useHeirloomUrl();
  const { clockOffset } = useServer();
  const reportUser = useReportUser();
  const check = useCallback(() => {
    // The session state reports whether it goes on. While Heirloom does not respond, it stays the same.
    session
      .fetch(new URL("users/me", heirloom))
      .then(async (response) => response.ok && reportUser((await response.json()) as User))
      .catch(() => undefined);
  }, [session, heirloom, reportUser]);
  useLookAgain(check);
  useEffect(() => {
    const expiry = Math.min(Date.parse(expires_at), Date.parse(idle_expires_at)) + MARGIN;
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      const left = expiry - (Date.now() + clockOffset);
      // Not before: a request would keep the session alive without a user.
      if (left <= 0) check();
      timer = setTimeout(wait, left <= 0 ? MAX_WAIT : Math.min(left, MAX_WAIT));
    };
    wait();
    return () => clearTimeout(timer);
  }, [expires_at, idle_expires_at, clockOffset, check]);
}
