import { Link, Redirect } from "../router.js";
import { useSessionState } from "../session/context.js";
import { Unreachable, Waiting } from "../session/Waiting.js";
import { Button } from "../ui/Button.js";
import { Field, LENGTH_HINT, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { Entrance } from "./Entrance.js";
import { useNext } from "./LoginPage.js";
import { useRegistration } from "./useRegistration.js";

export function RegisterPage() {
  const { status } = useSessionState();
  const next = useNext();
  const { register, isMade, email } = useRegistration();
  if (status === "authenticated") return <Redirect to={next} />;
  if (status === "restoring") return <Waiting />;
  if (status === "unreachable") return <Unreachable />;
  return (
    <Entrance
      title="Create an account"
      beside={
        <>
          You have an account? <Link to={`login?next=${next}`}>Log in</Link>
        </>
      }
    >
      {isMade && <Notice kind="done">Your account is made. Only the login is left.</Notice>}
      <Form
        trouble={register.trouble}
        help={
          register.trouble?.code === "email_taken" && (
            <Link to={`login?next=${next}`} carry={email}>
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
          error={register.trouble?.fields["email"]}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="new-password"
          required
          hint={`${LENGTH_HINT} Four words that do not belong together are good.`}
          error={register.trouble?.fields["password"]}
        />
        <Button type="submit" look="primary" isBusy={register.isBusy}>
          {isMade ? "Log in" : "Create account"}
        </Button>
      </Form>
    </Entrance>
  );
}
