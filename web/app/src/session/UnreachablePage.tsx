import { Button } from "../ui/Button.js";
import { Page } from "../ui/Page.js";
import { useAction } from "../ui/useAction.js";
import { useSession } from "./SessionContext.js";
import { texts } from "../texts/index.js";

export function UnreachablePage() {
  const session = useSession();
  // The session state reports the result.
  const { run, isBusy } = useAction(() => session.user());
  return (
    <Page title={texts.unreachable.title} className="centered" hideTitle focusHeading>
      <section className="card status-card">
        <h1 tabIndex={-1}>{texts.unreachable.title}</h1>
        <p>{texts.unreachable.text}</p>
        <Button isBusy={isBusy} onClick={() => void run()}>
          {texts.unreachable.retryNow}
        </Button>
      </section>
    </Page>
  );
}
