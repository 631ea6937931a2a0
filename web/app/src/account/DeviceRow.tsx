import type { Device } from "@heirloom/client";
import { useSession } from "../session/SessionContext.js";
import { texts } from "../texts/index.js";
import { Button } from "../ui/Button.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { Facts } from "../ui/Facts.js";
import { formatDate, formatDateTime } from "../ui/formatTime.js";
import { Laptop, Phone, Terminal } from "../ui/icons.js";
import { Notice } from "../ui/Notice.js";
import { Time } from "../ui/Time.js";
import { useAction } from "../ui/useAction.js";
import { displayName, lastUse, logOut, sessionCode } from "./sessions.js";

export function DeviceRow({ device, onLogout }: { device: Device; onLogout: () => void }) {
  const session = useSession();
  const logout = useAction(async () => {
    await logOut(session, device.id);
    onLogout();
  });
  const name = displayName(device);
  const code = sessionCode(device.id);
  const Icon = /Android|iPhone|iPad/.test(device.device) ? Phone : / on /.test(device.device) ? Laptop : Terminal;
  return (
    <li className={device.current ? "row" : "row with-action"}>
      <Icon />
      <div className="row-text">
        <p className="row-title">
          {name} {device.current && <span className="badge">{texts.devices.current}</span>}
        </p>
        <Facts>
          <>
            {texts.devices.lastUsed} <Time at={lastUse(device)} />
          </>
          {device.ip}
          {texts.devices.session(code)}
        </Facts>
        <Facts>
          <>
            {texts.devices.loggedIn} <time dateTime={device.created_at}>{formatDateTime(device.created_at)}</time>
          </>
          <>
            {texts.devices.expires}{" "}
            <time className="nowrap" dateTime={device.expires_at}>
              {formatDate(device.expires_at)}
            </time>
          </>
        </Facts>
        {device.actor && <p className="warning small">{texts.devices.actor(device.actor)}</p>}
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
          aria-label={texts.devices.logOutDevice(name, code)}
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
