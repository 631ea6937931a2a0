import { Link } from "../router.js";
import { LogoutWarning } from "../session/LogoutWarning.js";
import { Page } from "../ui/Page.js";
import { texts } from "../texts/index.js";

export function NotFoundPage() {
  return (
    <Page title={texts.notFound.title} className="centered" hideTitle>
      <section className="card status-card">
        <h1 tabIndex={-1}>{texts.notFound.title}</h1>
        <p>{texts.notFound.text}</p>
        <LogoutWarning />
        <Link to="" className="button primary">
          {texts.notFound.toStart}
        </Link>
      </section>
    </Page>
  );
}
