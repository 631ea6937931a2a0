import { useOffer } from "../recovery/useOffer.js";
import { Link, Redirect } from "../router.js";
import { LoadingPage } from "../session/LoadingPage.js";
import { useSessionState } from "../session/SessionContext.js";
import { UnreachablePage } from "../session/UnreachablePage.js";
import { Button } from "../ui/Button.js";
import { Notice } from "../ui/Notice.js";
import { AuthLayout } from "./AuthLayout.js";
import { RegistrationForm } from "./RegistrationForm.js";
import { useNextPage } from "./useNextPage.js";
import { useRegistration } from "./useRegistration.js";
import { texts } from "../texts/index.js";

export function RegisterPage() {
  const { status } = useSessionState();
  const next = useNextPage();
  const registration = useRegistration();
  const offer = useOffer();
  if (status === "authenticated") return <Redirect to={next} />;
  if (status === "restoring") return <LoadingPage />;
  if (status === "unreachable") return <UnreachablePage />;
  return (
    <AuthLayout
      title={texts.auth.createAccount}
      alternative={
        <>
          {texts.auth.hasAccount} <Link to={`login?next=${next}`}>{texts.auth.logIn}</Link>
        </>
      }
    >
      {offer?.registration === "closed" ? (
        <Notice kind="info">{texts.auth.isClosed}</Notice>
      ) : registration.isMailSent ? (
        <>
          <Notice kind="success">{texts.auth.isMailSent(registration.email)}</Notice>
          <Button onClick={registration.startAgain}>{texts.auth.startAgain}</Button>
        </>
      ) : (
        <RegistrationForm registration={registration} offer={offer} next={next} />
      )}
    </AuthLayout>
  );
}
