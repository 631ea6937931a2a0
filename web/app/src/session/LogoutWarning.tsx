import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { useLogout, useLogoutStatus } from "./SessionContext.js";

/** Appears on every page after a logout that the server has not confirmed: the session may still be active. */
export function LogoutWarning() {
  const status = useLogoutStatus();
  const { logout } = useLogout();
  if (status?.server !== "unconfirmed") return null;
  return (
    <Notice kind="error">
      <p>
        <strong>Heirloom has not confirmed your logout.</strong> Your session may still be active, and anyone who uses
        this browser may get into your account. Retry before you leave this browser.
      </p>
      <p className="notice-action">
        <Button variant="danger" isBusy={status.isRetrying} onClick={() => void logout()}>
          Retry logout
        </Button>
      </p>
    </Notice>
  );
}
