import { ProblemError } from "@heirloom/client";
import type { Device } from "@heirloom/client";
import { useState } from "react";
import { useLogout, useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { Laptop, Phone, Terminal } from "../ui/icons.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import { useAsyncData } from "../ui/useAsyncData.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import { texts } from "../texts/index.js";
import { sessionCode } from "./sessionCode.js";

export function Devices({ version, onChange }: { version: number; onChange: () => void }) {
  const session = useSession();
  const data = useAsyncData(session.sessions, version);
  const { value: devices } = data;
  const [loggedOut, setLoggedOut] = useState<string | null>(null);
  const list = useFocusFallback<HTMLUListElement>(devices);
  const sorted = devices && [...devices].sort((one, other) => Number(other.current) - Number(one.current));
  return (
    <Section title={texts.devices.title} intro={texts.devices.intro}>
      <Loading data={data} />
      {loggedOut && <Notice kind="success">{texts.devices.isLoggedOut(loggedOut)}</Notice>}
      {sorted && (
        <ul className="rows" aria-label={texts.devices.title} ref={list} tabIndex={-1}>
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
          {name} {device.current && <span className="badge">{texts.devices.current}</span>}
        </p>
        <p className="muted small">
          {texts.devices.lastUsed} <Time at={device.last_used_at} />
          {device.ip && <> · {device.ip}</>}
        </p>
        {device.also_used_from && <AlsoUsedFrom place={device.also_used_from} />}
        {logout.error && (
          <Notice kind="error">
            <ErrorMessage error={logout.error} />
          </Notice>
        )}
      </div>
      {!device.current && (
        <Button
          variant="quiet"
          isBusy={logout.isBusy}
          aria-label={texts.devices.logOutDevice(name, sessionCode(device.id))}
          onClick={() => void logout.run()}
        >
          {texts.app.logOut}
        </Button>
      )}
    </li>
  );
}

/** Where the session was refreshed at the same time. The user knows whether that was a second network or a thief. */
function AlsoUsedFrom({ place: { ip, user_agent, device, at } }: { place: NonNullable<Device["also_used_from"]> }) {
  return (
    <p className="warning small">
      {texts.devices.alsoUsedFrom} {ip ?? texts.devices.unknownAddress}
      {user_agent && <> ({texts.devices.deviceName(device)})</>}, <Time at={at} />. {texts.devices.alsoUsedHelp}
    </p>
  );
}

/** For a program, the server returns at most 32 characters of the first word of its user agent. */
function displayName({ device, user_agent }: Device): string {
  const isTruncated = device.length === 32 && user_agent?.startsWith(device) && /[\w.-]/.test(user_agent.charAt(32));
  return isTruncated ? `${device}…` : texts.devices.deviceName(device);
}

function LogoutEverywhere() {
  const { logoutEverywhere } = useLogout();
  const [isOpen, setIsOpen] = useState(false);
  const logout = useAction(logoutEverywhere);
  return (
    <>
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        {texts.devices.logOutEverywhere}
      </Button>
      {isOpen && (
        <Dialog title={texts.devices.logOutEverywhereTitle} onClose={() => setIsOpen(false)}>
          <p>{texts.devices.logOutEverywhereText}</p>
          {logout.error && (
            <Notice kind="error">
              <ErrorMessage error={logout.error} />
            </Notice>
          )}
          <div className="actions">
            <Button onClick={() => setIsOpen(false)}>{texts.app.cancel}</Button>
            <Button variant="danger" isBusy={logout.isBusy} onClick={() => void logout.run()}>
              {texts.devices.logOutEverywhere}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
