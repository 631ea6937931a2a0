import type { Device } from "@heirloom/client";
import { useState } from "react";
import { useFarewells, useSession } from "../session/context.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { Laptop, Phone, Terminal } from "../ui/icons.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Spinner } from "../ui/Spinner.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import { useKeptFocus } from "../ui/useKeptFocus.js";
import { useLoaded } from "../ui/useLoaded.js";

export function Devices() {
  const session = useSession();
  const { value: devices, trouble, reload } = useLoaded(session.sessions);
  const [ended, setEnded] = useState<string | null>(null);
  const list = useKeptFocus<HTMLUListElement>(devices);
  const ordered = devices && [...devices].sort((one, other) => Number(other.current) - Number(one.current));
  return (
    <Section title="Devices" intro="Where you are logged in. End what you do not know or no longer use.">
      {trouble && <Notice kind="problem">{trouble}</Notice>}
      {ended && <Notice kind="done">The session on {ended} has ended.</Notice>}
      {ordered ? (
        <ul className="rows" aria-label="Devices" ref={list} tabIndex={-1}>
          {ordered.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              onEnded={() => {
                setEnded(device.device);
                reload();
              }}
            />
          ))}
        </ul>
      ) : (
        !trouble && (
          <p role="status">
            <Spinner /> One moment …
          </p>
        )
      )}
      <LogOutEverywhere />
    </Section>
  );
}

function DeviceRow({ device, onEnded }: { device: Device; onEnded: () => void }) {
  const session = useSession();
  const end = useAction(async () => {
    await session.endSession(device.id);
    onEnded();
  });
  const Icon = /Android|iPhone|iPad/.test(device.device) ? Phone : / on /.test(device.device) ? Laptop : Terminal;
  return (
    <li className="row">
      <Icon />
      <div className="row-text">
        <p className="row-title">
          {device.device} {device.current && <span className="badge">This device</span>}
        </p>
        <p className="muted small">
          Last used <Time at={device.last_used_at} />
          {device.ip && <> · {device.ip}</>}
        </p>
        {end.trouble && <Notice kind="problem">{end.trouble.message}</Notice>}
      </div>
      {!device.current && (
        <Button
          look="quiet"
          isBusy={end.isBusy}
          aria-label={`End session on ${device.device}`}
          onClick={() => void end.run()}
        >
          End
        </Button>
      )}
    </li>
  );
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
