import { useOffer } from "../recovery/useOffer.js";
import { Link, Redirect, useRouter } from "../router.js";
import { LoadingPage } from "../session/LoadingPage.js";
import { useSession, useSessionState } from "../session/SessionContext.js";
import { UnreachablePage } from "../session/UnreachablePage.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { useAction } from "../ui/useAction.js";
import { AuthLayout } from "./AuthLayout.js";
import { useNextPage } from "./useNextPage.js";

const messages = {
  invalid_credentials: "The email address or the password is wrong.",
  account_disabled: "This account is disabled. Contact the operator of this service.",
};

export function LoginPage() {
  const session = useSession();
  const { status } = useSessionState();
  const next = useNextPage();
  const { state: email } = useRouter().route;
  const offer = useOffer();
  const login = useAction((email: string, password: string) => session.login({ email, password }), messages);
  if (status === "authenticated") return <Redirect to={next} />;
  if (status === "restoring") return <LoadingPage />;
  if (status === "unreachable") return <UnreachablePage />;
  return (
    <AuthLayout
      title="Log in"
      alternative={
        <>
          New here? <Link to={`register?next=${next}`}>Create an account</Link>
        </>
      }
    >
      <Form error={login.error} onSubmit={({ email = "", password = "" }) => void login.run(email, password)}>
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={email}
          required
          error={login.error?.fields["email"]}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          error={login.error?.fields["password"]}
        />
        <Button type="submit" variant="primary" isBusy={login.isBusy}>
          Log in
        </Button>
      </Form>
      {offer?.recovery && (
        <p>
          <Link to="forgot-password">Forgot your password?</Link>
        </p>
      )}
    </AuthLayout>
  );
}
