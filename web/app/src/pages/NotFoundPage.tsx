import { Link } from "../router.js";
import { LogoutWarning } from "../session/LogoutWarning.js";
import { Page } from "../ui/Page.js";

export function NotFoundPage() {
  return (
    <Page title="Page not found" className="centered" hideTitle>
      <section className="card status-card">
        <h1 tabIndex={-1}>Page not found</h1>
        <p>Check the address for mistakes, or go to the start page.</p>
        <LogoutWarning />
        <Link to="" className="button primary">
          Go to the start page
        </Link>
      </section>
    </Page>
  );
}
