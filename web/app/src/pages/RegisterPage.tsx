import { passwordHint, useOffer } from "../recovery/useOffer.js";
import { Link, Redirect } from "../router.js";
import { LoadingPage } from "../session/LoadingPage.js";
import { useSessionState } from "../session/SessionContext.js";
import { UnreachablePage } from "../session/UnreachablePage.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { AuthLayout } from "./AuthLayout.js";
import { useNextPage } from "./useNextPage.js";
import { useRegistration } from "./useRegistration.js";
import { texts } from "../texts/index.js";

export function RegisterPage() {
  const { status } = useSessionState();
  const next = useNextPage();
  const { register, isCreated, isMailSent, email } = useRegistration();
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
      {offer?.registration === "closed" && <Notice kind="error">{texts.auth.isClosed}</Notice>}
      {isMailSent && <Notice kind="success">{texts.auth.isMailSent}</Notice>}
      {isCreated && <Notice kind="success">{texts.auth.isCreated}</Notice>}
      <Form
        error={register.error}
        help={
          register.error?.code === "email_taken" && (
            <Link to={`login?next=${next}`} state={email}>
              {texts.auth.logInInstead}
            </Link>
          )
        }
        onSubmit={({ email = "", password = "" }) => void register.run(email, password)}
      >
        <Field label={texts.app.email} name="email" type="email" autoComplete="username" required />
        <PasswordField
          label={texts.app.password}
          name="password"
          autoComplete="new-password"
          required
          hint={`${passwordHint(offer)} ${texts.passwordChange.advice}`}
        />
        <Button type="submit" variant="primary" isBusy={register.isBusy}>
          {isCreated ? texts.auth.logIn : texts.auth.create}
        </Button>
      </Form>
    </AuthLayout>
  );
}
