import { Page } from "../ui/Page.js";
import { Spinner } from "../ui/Spinner.js";

export function Waiting() {
  return (
    <main className="page centred" aria-busy="true">
      <p className="late" role="status">
        <Spinner /> One moment …
      </p>
    </main>
  );
}

export function Unreachable() {
  return (
    <Page title="Heirloom cannot be reached" className="centred" hideTitle announce>
      <section className="card over">
        <h1 tabIndex={-1}>Heirloom cannot be reached</h1>
        <p>Your session is kept. As soon as there is an answer, this page goes on by itself.</p>
        <p className="muted" role="status">
          <Spinner /> Trying again …
        </p>
      </section>
    </Page>
  );
}
