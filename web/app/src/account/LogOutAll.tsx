import { useState } from "react";
import { useLogout, useSession } from "../session/SessionContext.js";
import { texts } from "../texts/index.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { ErrorMessage } from "../ui/ErrorMessage.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { logOutOthers } from "./sessions.js";

interface Props {
  /** The number of other devices. */
  readonly others: number;
  /** All other devices are logged out. */
  readonly onLogout: () => void;
}

/** The buttons that log out all other devices, or all devices. */
export function LogOutAll({ others, onLogout }: Props) {
  const session = useSession();
  const { logoutEverywhere } = useLogout();
  return (
    <>
      {others > 0 && (
        <ConfirmedLogout
          label={texts.devices.logOutOthers}
          title={texts.devices.logOutOthersTitle}
          text={texts.devices.logOutOthersText(others)}
          action={() => logOutOthers(session)}
          onDone={onLogout}
        />
      )}
      <ConfirmedLogout
        label={texts.devices.logOutEverywhere}
        title={texts.devices.logOutEverywhereTitle}
        text={texts.devices.logOutEverywhereText}
        action={logoutEverywhere}
      />
    </>
  );
}

interface ConfirmedLogoutProps {
  readonly label: string;
  readonly title: string;
  readonly text: string;
  readonly action: () => Promise<void>;
  readonly onDone?: () => void;
}

function ConfirmedLogout({ label, title, text, action, onDone }: ConfirmedLogoutProps) {
  const [isOpen, setIsOpen] = useState(false);
  const logout = useAction(action);
  const close = () => {
    logout.clear();
    setIsOpen(false);
  };
  const confirm = async () => {
    if (!(await logout.run())) return;
    close();
    onDone?.();
  };
  return (
    <>
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      {isOpen && (
        <Dialog title={title} onClose={close}>
          <p>{text}</p>
          {logout.error && (
            <Notice kind="error">
              <ErrorMessage error={logout.error} />
            </Notice>
          )}
          <div className="actions">
            <Button onClick={close}>{texts.app.cancel}</Button>
            <Button variant="danger" isBusy={logout.isBusy} onClick={() => void confirm()}>
              {label}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
