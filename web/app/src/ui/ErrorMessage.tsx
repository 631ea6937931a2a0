import { useEffect, useState } from "react";
import { texts } from "../texts/index.js";
import type { ActionError } from "./actionError.js";

/** The sentence of an error. If the user has to wait, it counts down. */
export function ErrorMessage({ error: { message, retryAt } }: { error: ActionError }) {
  return retryAt === undefined ? message : <Wait until={retryAt} />;
}

function Wait({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now);
  const seconds = Math.ceil((until - now) / 1000);
  const isOver = seconds <= 0;
  useEffect(() => {
    if (isOver) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isOver]);
  if (isOver) return texts.errors.canRetry;
  // A screen reader announces the message once, not each second.
  const [before, after] = texts.errors.tooManyAttempts.split("{wait}");
  return (
    <>
      {before}
      <span role="timer" aria-live="off">
        {texts.errors.duration(Math.floor(seconds / 60), seconds % 60)}
      </span>
      {after}
    </>
  );
}
