import { ProblemError } from "@heirloom/client";
import type { Device } from "@heirloom/client";
import { useState } from "react";
import { useFarewells, useSession } from "../session/context.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { Laptop, Phone, Terminal } from "../ui/icons.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import { useKeptFocus } from "../ui/useKeptFocus.js";
import { useLoaded } from "../ui/useLoaded.js";

export function Devices({ changes, onChange }: { changes: number; onChange: () => void }) {
  const session = useSession();
  const loaded = useLoaded(session.sessions, changes);
  const { value: devices } = loaded;
  const [ended, setEnded] = useState<string | null>(null);
  const list = useKeptFocus<HTMLUListElement>(devices);
  const ordered = devices && [...devices].sort((one, other) => Number(other.current) - Number(one.current));
  return (
    <Section title="Devices" intro="Where you are logged in. End what you do not know or no longer use.">
      <Loading of={loaded} />
      {ended && <Notice kind="done">The session on {ended} has ended.</Notice>}
      {ordered && (
        <ul className="rows" aria-label="Devices" ref={list} tabIndex={-1}>
          {ordered.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              onEnded={() => {
                setEnded(nameOf(device));
                onChange();
              }}
            />
          ))}
        </ul>
      )}
      <LogOutEverywhere />
    </Section>
  );
}

function DeviceRow({ device, onEnded }: { device: Device; onEnded: () => void }) {
  const session = useSession();
  const end = useAction(async () => {
    await session.endSession(device.id).catch((error: unknown) => {
      // Somebody else was quicker.
      if (!(error instanceof ProblemError && error.code === "session_not_found")) throw error;
    });
    onEnded();
  });
  const name = nameOf(device);
  const Icon = /Android|iPhone|iPad/.test(device.device) ? Phone : / on /.test(device.device) ? Laptop : Terminal;
  return (
    <li className="row">
      <Icon />
      <div className="row-text">
        <p className="row-title">
          {name} {device.current && <span className="badge">This device</span>}
        </p>
        <p className="muted small">
          Last used <Time at={device.last_used_at} />
          {device.ip && <> · {device.ip}</>}
        </p>
        {end.trouble && <Notice kind="problem">{end.trouble.message}</Notice>}
      </div>
      {!device.current && (
        <Button look="quiet" isBusy={end.isBusy} aria-label={`End session on ${name}`} onClick={() => void end.run()}>
          End
        </Button>
      )}
    </li>
  );
}

/** A program's name is the first word of its own, of which the server tells no more than 32 characters. */
function nameOf({ device, user_agent }: Device): string {
  const isCut = device.length === 32 && user_agent?.startsWith(device) && /[\w.-]/.test(user_agent.charAt(32));
  return isCut ? `${device}…` : device;
}

function LogOutEverywhere() {
  const { logOutEverywhere } = useFarewells();
  const [isAsking, setIsAsking] = useState(false);
  const everywhere = useAction(logOutEverywhere);
  return (
    <>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Log out everywhere
      </Button>
      {isAsking && (
        <Dialog title="Log out everywhere?" onClose={() => setIsAsking(false)}>
          <p>Every session ends at once, this one too. You will have to log in again on each device.</p>
          {everywhere.trouble && <Notice kind="problem">{everywhere.trouble.message}</Notice>}
          <div className="actions">
            <Button onClick={() => setIsAsking(false)}>Cancel</Button>
            <Button look="danger" isBusy={everywhere.isBusy} onClick={() => void everywhere.run()}>
              Log out everywhere
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
