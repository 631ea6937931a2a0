import { useState } from "react";
import { displayName } from "../account/sessions.js";
import { useRouter } from "../router.js";
import { useHeirloomUrl } from "../session/SessionContext.js";
import { texts } from "../texts/index.js";
import { Button } from "../ui/Button.js";
import { formatDateTime } from "../ui/formatTime.js";
import { Alert } from "../ui/icons.js";
import { goToSection } from "../ui/Section.js";
import type { Theft } from "./findTheft.js";
import { hiddenTheft, hideTheft } from "./hiddenTheft.js";

/** Says what to do after a theft, until the password is changed or the user hides it. */
export function TheftWarning({ theft }: { theft: Theft | null | undefined }) {
  const heirloom = useHeirloomUrl();
  const { route, navigate } = useRouter();
  const [hidden, setHidden] = useState(() => hiddenTheft(heirloom));
  if (!theft || theft.event.id === hidden) return null;
  const { id } = theft.event;
  const changePassword = () => {
    if (route.page === "account") goToSection("password");
    else navigate("account", { state: "password" });
  };
  const hide = () => {
    hideTheft(heirloom, id);
    setHidden(id);
  };
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
          <Button variant="primary" onClick={changePassword}>
            {texts.theft.changePassword}
          </Button>
          <Button variant="quiet" onClick={hide}>
            {texts.theft.hide}
          </Button>
        </div>
      </div>
    </section>
  );
}
