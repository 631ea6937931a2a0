import { Link, Redirect } from "../router.js";
import { useSession, useSessionState } from "../session/context.js";
import { Unreachable, Waiting } from "../session/Waiting.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { useAction } from "../ui/useAction.js";
import { Entrance } from "./Entrance.js";
import { useNext } from "./LoginPage.js";

const words = { email_taken: "There is an account with this email address already. Log in instead." };

export function RegisterPage() {
  const session = useSession();
  const { status } = useSessionState();
  const next = useNext();
  const register = useAction(async (email: string, password: string) => {
    await session.register({ email, password });
    await session.login({ email, password });
  }, words);
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
      <Form trouble={register.trouble} onSubmit={({ email = "", password = "" }) => void register.run(email, password)}>
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
          hint="At least 8 characters. Four words that do not belong together are good."
          error={register.trouble?.fields["password"]}
        />
        <Button type="submit" look="primary" isBusy={register.isBusy}>
          Create account
        </Button>
      </Form>
    </Entrance>
  );
}
