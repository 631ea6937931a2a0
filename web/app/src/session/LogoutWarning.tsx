import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { useLogout, useLogoutStatus } from "./SessionContext.js";
import { texts } from "../texts/index.js";
import { Rich } from "../ui/Rich.js";

/** Appears on every page after a logout that the server has not confirmed: the session may still be active. */
export function LogoutWarning() {
  const status = useLogoutStatus();
  const { logout } = useLogout();
  if (status?.server !== "unconfirmed") return null;
  return (
    <Notice kind="error">
      <p>
        <Rich text={texts.ended.warning} />
      </p>
      <p className="notice-action">
        <Button variant="danger" isBusy={status.isRetrying} onClick={() => void logout()}>
          {texts.ended.retryLogout}
        </Button>
      </p>
    </Notice>
  );
}
