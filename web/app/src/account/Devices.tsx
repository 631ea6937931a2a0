import { ProblemError } from "@heirloom/client";
import type { Device } from "@heirloom/client";
import { useState } from "react";
import { useLogout, useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { Laptop, Phone, Terminal } from "../ui/icons.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import { useAsyncData } from "../ui/useAsyncData.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";

export function Devices({ version, onChange }: { version: number; onChange: () => void }) {
  const session = useSession();
  const data = useAsyncData(session.sessions, version);
  const { value: devices } = data;
  const [loggedOut, setLoggedOut] = useState<string | null>(null);
  const list = useFocusFallback<HTMLUListElement>(devices);
  const sorted = devices && [...devices].sort((one, other) => Number(other.current) - Number(one.current));
  return (
    <Section title="Devices" intro="Devices signed in to your account. Sign out any you don't recognise.">
      <Loading data={data} />
      {loggedOut && <Notice kind="success">{loggedOut} is signed out.</Notice>}
      {sorted && (
        <ul className="rows" aria-label="Devices" ref={list} tabIndex={-1}>
          {sorted.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              onLogout={() => {
                setLoggedOut(displayName(device));
                onChange();
              }}
            />
          ))}
        </ul>
      )}
      <LogoutEverywhere />
    </Section>
  );
}

function DeviceRow({ device, onLogout }: { device: Device; onLogout: () => void }) {
  const session = useSession();
  const logout = useAction(async () => {
    await session.endSession(device.id).catch((error: unknown) => {
      // The session has ended already.
      if (!(error instanceof ProblemError && error.code === "session_not_found")) throw error;
    });
    onLogout();
  });
  const name = displayName(device);
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
        {device.also_used_from && <AlsoUsedFrom place={device.also_used_from} />}
        {logout.error && <Notice kind="error">{logout.error.message}</Notice>}
      </div>
      {!device.current && (
        <Button
          variant="quiet"
          isBusy={logout.isBusy}
          aria-label={`Sign out ${name}`}
          onClick={() => void logout.run()}
        >
          Sign out
        </Button>
      )}
    </li>
  );
}

/** Where the session was refreshed at the same time. The user knows whether that was a second network or a thief. */
function AlsoUsedFrom({ place: { ip, user_agent, device, at } }: { place: NonNullable<Device["also_used_from"]> }) {
  return (
    <p className="warning small">
      Also used from {ip ?? "an unknown address"}
      {user_agent && <> ({device})</>}, <Time at={at} />. If that was not you, log out everywhere and change your
      password.
    </p>
  );
}

/** For a program, the server returns at most 32 characters of the first word of its user agent. */
function displayName({ device, user_agent }: Device): string {
  const isTruncated = device.length === 32 && user_agent?.startsWith(device) && /[\w.-]/.test(user_agent.charAt(32));
  return isTruncated ? `${device}…` : device;
}

function LogoutEverywhere() {
  const { logoutEverywhere } = useLogout();
  const [isOpen, setIsOpen] = useState(false);
  const logout = useAction(logoutEverywhere);
  return (
    <>
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        Log out everywhere
      </Button>
      {isOpen && (
        <Dialog title="Log out everywhere?" onClose={() => setIsOpen(false)}>
          <p>This revokes all your sessions, including this one. You have to log in again on each device.</p>
          {logout.error && <Notice kind="error">{logout.error.message}</Notice>}
          <div className="actions">
            <Button onClick={() => setIsOpen(false)}>Cancel</Button>
            <Button variant="danger" isBusy={logout.isBusy} onClick={() => void logout.run()}>
              Log out everywhere
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
