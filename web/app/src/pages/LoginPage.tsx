import { Link, Redirect, useRouter } from "../router.js";
import { useSession, useSessionState } from "../session/context.js";
import { Unreachable, Waiting } from "../session/Waiting.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Page } from "../ui/Page.js";
import { useAction } from "../ui/useAction.js";

const words = {
  invalid_credentials: "The email address or the password is wrong.",
  account_disabled: "This account has been disabled. Ask whoever runs this service.",
};

export function LoginPage() {
  const session = useSession();
  const { status } = useSessionState();
  const next = useNext();
  const login = useAction((email: string, password: string) => session.login({ email, password }), words);
  if (status === "authenticated") return <Redirect to={next} />;
  if (status === "restoring") return <Waiting />;
  if (status === "unreachable") return <Unreachable />;
  return (
    <Page title="Log in" className="narrow" hideTitle>
      <section className="card door">
        <h1 tabIndex={-1}>Log in</h1>
        <Form
          trouble={login.trouble}
          onSubmit={({ email = "", password = "" }) => void login.run(email, password)}
        >
          <Field
            label="Email"
            name="email"
            type="email"
            autoComplete="username"
            required
            error={login.trouble?.fields["email"]}
          />
          <PasswordField
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            error={login.trouble?.fields["password"]}
          />
          <Button type="submit" look="primary" isBusy={login.isBusy}>
            Log in
          </Button>
        </Form>
      </section>
      <p className="beside">
        New here? <Link to="register">Create an account</Link>
      </p>
    </Page>
  );
}

/** Where somebody wanted to go who had to log in first; one of the app's own pages, whatever the address says. */
export function useNext(): string {
  const next = useRouter().route.query.get("next") ?? "";
  return ["account", "family"].includes(next) ? next : "account";
}
