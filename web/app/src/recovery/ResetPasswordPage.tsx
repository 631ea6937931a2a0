import { resetPassword } from "@heirloom/client/account";
import { useState } from "react";
import { AuthLayout } from "../pages/AuthLayout.js";
import { Link, useRouter } from "../router.js";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { linkMessages } from "./linkMessages.js";
import { passwordHint, useOffer } from "./useOffer.js";
import { texts } from "../texts/index.js";

export function ResetPasswordPage() {
  const session = useSession();
  const { state: token } = useRouter().route;
  const offer = useOffer();
  const [isDone, setIsDone] = useState(false);
  const reset = useAction((new_password: string) => resetPassword(session, { token, new_password }), linkMessages());
  const anotherLink = <Link to="forgot-password">{texts.recovery.anotherLink}</Link>;
  return (
    <AuthLayout title={texts.recovery.choose} alternative={<Link to="login">{texts.recovery.toLogin}</Link>}>
      {isDone ? (
        <>
          <Notice kind="success">{texts.recovery.isChanged}</Notice>
          <Link to="login" className="button primary">
            {texts.auth.logIn}
          </Link>
        </>
      ) : !token ? (
        <Notice kind="error">
          {texts.recovery.linkInvalid} {anotherLink}
        </Notice>
      ) : (
        <Form
          error={reset.error}
          help={isSpent(reset.error?.code) && anotherLink}
          onSubmit={({ new_password = "" }) => void reset.run(new_password).then(setIsDone)}
        >
          <PasswordField
            label={texts.passwordChange.new}
            name="new_password"
            autoComplete="new-password"
            required
            hint={`${passwordHint(offer)} ${texts.passwordChange.advice}`}
          />
          <Button type="submit" variant="primary" isBusy={reset.isBusy}>
            {texts.recovery.set}
          </Button>
        </Form>
      )}
    </AuthLayout>
  );
}

const isSpent = (code = "") => code.startsWith("link_");
