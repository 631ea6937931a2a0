import { passwordHint } from "../recovery/useOffer.js";
import type { KnownOffer } from "../recovery/useOffer.js";
import { Link } from "../router.js";
import { texts } from "../texts/index.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import type { Registration } from "./useRegistration.js";

interface Props {
  readonly registration: Registration;
  readonly offer: KnownOffer | null;
  /** The page after the login. */
  readonly next: string;
}

export function RegistrationForm({ registration: { register, isCreated, email }, offer, next }: Props) {
  const help = register.error?.code === "email_taken" && (
    <Link to={`login?next=${next}`} state={email}>
      {texts.auth.logInInstead}
    </Link>
  );
  return (
    <>
      {isCreated && <Notice kind="success">{texts.auth.isCreated}</Notice>}
      <Form
        error={register.error}
        help={help}
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
    </>
  );
}
