import { Link } from "../router.js";
import { Untold } from "../session/Untold.js";
import { Page } from "../ui/Page.js";

export function NotFoundPage() {
  return (
    <Page title="There is no such page" className="centred" hideTitle>
      <section className="card over">
        <h1 tabIndex={-1}>There is no such page</h1>
        <p>The address may be mistyped, or the page has moved.</p>
        <Untold />
        <Link to="" className="button primary">
          To the start
        </Link>
      </section>
    </Page>
  );
}
