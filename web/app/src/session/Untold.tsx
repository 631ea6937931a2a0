import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { useFarewell, useFarewells } from "./context.js";

/** On whatever page one lands after logging out: the server does not know of it, so the session may be alive. */
export function Untold() {
  const farewell = useFarewell();
  const { logOut } = useFarewells();
  if (farewell?.server !== "untold") return null;
  return (
    <Notice kind="problem">
      <p>
        <strong>Heirloom could not be told that you log out.</strong> Your session may still be alive, and whoever opens
        this browser may get into your account. Try again before you leave it.
      </p>
      <p className="notice-action">
        <Button look="danger" isBusy={farewell.isTelling} onClick={() => void logOut()}>
          Try to log out again
        </Button>
      </p>
    </Notice>
  );
}
