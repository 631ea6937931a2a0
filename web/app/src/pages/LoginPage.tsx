import { useOffer } from "../recovery/useOffer.js";
import { Link, Redirect } from "../router.js";
import { LoadingPage } from "../session/LoadingPage.js";
import { useSession, useSessionState } from "../session/SessionContext.js";
import { UnreachablePage } from "../session/UnreachablePage.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { AuthLayout } from "./AuthLayout.js";
import { useExpectedUser } from "./useExpectedUser.js";
import { useNextPage } from "./useNextPage.js";
import { texts } from "../texts/index.js";

export function LoginPage() {
  const session = useSession();
  const { status } = useSessionState();
  const next = useNextPage();
  const { email, hasExpired, forget } = useExpectedUser();
  const offer = useOffer();
  const login = useAction((email: string, password: string) => session.login({ email, password }), {
    invalid_credentials: texts.auth.wrongCredentials,
    account_disabled: texts.auth.isDisabled,
  });
  if (status === "authenticated") return <Redirect to={next} />;
  if (status === "restoring") return <LoadingPage />;
  if (status === "unreachable") return <UnreachablePage />;
  return (
    <AuthLayout
      title={texts.auth.logIn}
      alternative={
        offer?.registration !== "closed" && (
          <>
            {texts.auth.noAccount} <Link to={`register?next=${next}`}>{texts.auth.createAccount}</Link>
          </>
        )
      }
    >
      {hasExpired && !login.error && (
        <Notice kind="info">
          {texts.auth.hasExpired}{" "}
          <button type="button" className="link" onClick={forget}>
            {texts.auth.notYou}
          </button>
        </Notice>
      )}
      <Form error={login.error} onSubmit={({ email = "", password = "" }) => void login.run(email, password)}>
        <Field
          key={email}
          label={texts.app.email}
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={email}
          required
        />
        <PasswordField label={texts.app.password} name="password" autoComplete="current-password" required />
        <Button type="submit" variant="primary" isBusy={login.isBusy}>
          {texts.auth.logIn}
        </Button>
      </Form>
      {offer && (
        <p>
          {offer.recovery ? (
            <Link to="forgot-password" state={email}>
              {texts.recovery.forgot}
            </Link>
          ) : (
            texts.recovery.contactOperator
          )}
        </p>
      )}
    </AuthLayout>
  );
}
