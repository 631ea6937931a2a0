import type { SecurityEvent } from "@heirloom/client";
import { useState } from "react";
import { texts } from "../texts/index.js";
import { Button } from "../ui/Button.js";
import { formatDateTime } from "../ui/formatTime.js";
import { Alert } from "../ui/icons.js";
import { goToSection } from "../ui/Section.js";
import { findTheft } from "./findTheft.js";
import { displayName } from "./sessions.js";

interface Props {
  /** Newest first. */
  readonly events: readonly SecurityEvent[];
  readonly isSandbox: (event: SecurityEvent) => boolean;
}

/** Says what to do after a theft, until the password is changed. */
export function TheftWarning({ events, isSandbox }: Props) {
  const [hidden, setHidden] = useState<string | null>(null);
  const theft = findTheft(events, isSandbox);
  if (!theft || theft.event.id === hidden) return null;
  const device = theft.login?.user_agent ? displayName(theft.login) : texts.theft.unknownDevice;
  return (
    <section className="card theft" role="alert">
      <Alert />
      <div>
        <h2>{texts.theft.title}</h2>
        <p>{texts.theft.text(formatDateTime(theft.event.at), device)}</p>
        <ol>
          {texts.theft.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <div className="section-actions">
          <Button variant="primary" onClick={() => goToSection("password")}>
            {texts.theft.changePassword}
          </Button>
          <Button variant="quiet" onClick={() => setHidden(theft.event.id)}>
            {texts.theft.hide}
          </Button>
        </div>
      </div>
    </section>
  );
}
