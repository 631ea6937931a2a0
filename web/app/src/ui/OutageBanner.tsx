import { useContext } from "react";
import { texts } from "../texts/index.js";
import { Button } from "./Button.js";
import { Notice } from "./Notice.js";
import { OutageContext, useIsDown } from "./outage.js";

/** One message for everything on the page that could not be loaded. It goes by itself. */
export function OutageBanner() {
  const { retryNow } = useContext(OutageContext);
  if (!useIsDown()) return null;
  return (
    <div className="banner">
      <Notice kind="error">
        <p>{texts.unreachable.banner}</p>
        <Button onClick={retryNow}>{texts.app.tryAgain}</Button>
      </Notice>
    </div>
  );
}
