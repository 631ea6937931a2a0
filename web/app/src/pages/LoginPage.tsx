import { Link, Redirect, useRouter } from "../router.js";
import { useSession, useSessionState } from "../session/context.js";
import { Unreachable, Waiting } from "../session/Waiting.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { useAction } from "../ui/useAction.js";
import { Entrance } from "./Entrance.js";

const words = {
  invalid_credentials: "The email address or the password is wrong.",
  account_disabled: "This account has been disabled. Ask whoever runs this service.",
};

export function LoginPage() {
  const session = useSession();
  const { status } = useSessionState();
  const next = useNext();
  const { carried } = useRouter().route;
  const login = useAction((email: string, password: string) => session.login({ email, password }), words);
  if (status === "authenticated") return <Redirect to={next} />;
  if (status === "restoring") return <Waiting />;
  if (status === "unreachable") return <Unreachable />;
  return (
    <Entrance
      title="Log in"
      beside={
        <>
          New here? <Link to={`register?next=${next}`}>Create an account</Link>
        </>
      }
    >
      <Form trouble={login.trouble} onSubmit={({ email = "", password = "" }) => void login.run(email, password)}>
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={carried}
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
    </Entrance>
  );
}

/** Where somebody wanted to go who had to log in first; one of the app's own pages, whatever the address says. */
export function useNext(): string {
  const next = useRouter().route.query.get("next") ?? "";
  return ["account", "family"].includes(next) ? next : "account";
}
