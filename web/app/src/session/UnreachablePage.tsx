import { Button } from "../ui/Button.js";
import { Page } from "../ui/Page.js";
import { useAction } from "../ui/useAction.js";
import { useSession } from "./SessionContext.js";

export function UnreachablePage() {
  const session = useSession();
  // The session state reports the result.
  const { run, isBusy } = useAction(() => session.user());
  return (
    <Page title="Cannot reach Heirloom" className="centered" hideTitle focusHeading>
      <section className="card status-card">
        <h1 tabIndex={-1}>Cannot reach Heirloom</h1>
        <p>Your session is kept. This page continues as soon as Heirloom responds.</p>
        <Button isBusy={isBusy} onClick={() => void run()}>
          Retry now
        </Button>
      </section>
    </Page>
  );
}
