import { Button } from "../ui/Button.js";
import { Page } from "../ui/Page.js";
import { Spinner } from "../ui/Spinner.js";
import { useAction } from "../ui/useAction.js";
import { useSession } from "./context.js";

export function Waiting({ text = "One moment …" }: { text?: string }) {
  return (
    <main className="page centred" aria-busy="true">
      <p className="late" role="status">
        <Spinner /> {text}
      </p>
    </main>
  );
}

export function Unreachable() {
  const session = useSession();
  // What came of it, the state says.
  const { run, isBusy } = useAction(() => session.user());
  return (
    <Page title="Heirloom cannot be reached" className="centred" hideTitle announce>
      <section className="card over">
        <h1 tabIndex={-1}>Heirloom cannot be reached</h1>
        <p>Your session is kept. As soon as there is an answer, this page goes on by itself.</p>
        <Button isBusy={isBusy} onClick={() => void run()}>
          Try now
        </Button>
      </section>
    </Page>
  );
}
