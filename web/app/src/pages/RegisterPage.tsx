import { useOffer } from "../recovery/useOffer.js";
import { Link, Redirect } from "../router.js";
import { LoadingPage } from "../session/LoadingPage.js";
import { useSessionState } from "../session/SessionContext.js";
import { UnreachablePage } from "../session/UnreachablePage.js";
import { Button } from "../ui/Button.js";
import { Field, PASSWORD_HINT, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { AuthLayout } from "./AuthLayout.js";
import { useNextPage } from "./useNextPage.js";
import { useRegistration } from "./useRegistration.js";

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
      title="Create an account"
      alternative={
        <>
          Already have an account? <Link to={`login?next=${next}`}>Log in</Link>
        </>
      }
    >
      {offer?.registration === "closed" && (
        <Notice kind="error">Registration is closed. The operator of this service creates accounts.</Notice>
      )}
      {isMailSent && <Notice kind="success">Check your mail. It has a link that finishes your registration.</Notice>}
      {isCreated && <Notice kind="success">Your account was created. Log in to continue.</Notice>}
      <Form
        error={register.error}
        help={
          register.error?.code === "email_taken" && (
            <Link to={`login?next=${next}`} state={email}>
              Log in instead
            </Link>
          )
        }
        onSubmit={({ email = "", password = "" }) => void register.run(email, password)}
      >
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={register.error?.fields["email"]}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="new-password"
          required
          hint={`${PASSWORD_HINT} Four unrelated words make a good password.`}
          error={register.error?.fields["password"]}
        />
        <Button type="submit" variant="primary" isBusy={register.isBusy}>
          {isCreated ? "Log in" : "Create account"}
        </Button>
      </Form>
    </AuthLayout>
  );
}
