import { useState } from "react";
import { AuthLayout } from "../pages/AuthLayout.js";
import { Link, useRouter } from "../router.js";
import { useHeirloomUrl } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { PASSWORD_HINT, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { linkMessages } from "./linkMessages.js";
import { resetPassword } from "./recoveryApi.js";

export function ResetPasswordPage() {
  const heirloom = useHeirloomUrl();
  const { state: token } = useRouter().route;
  const [isDone, setIsDone] = useState(false);
  const reset = useAction((password: string) => resetPassword(heirloom, token, password), linkMessages);
  return (
    <AuthLayout title="Choose a new password" alternative={<Link to="login">Back to the login</Link>}>
      {isDone ? (
        <>
          <Notice kind="success">Your password was changed, and every session has ended. Log in to continue.</Notice>
          <Link to="login" className="button primary">
            Log in
          </Link>
        </>
      ) : (
        <Form
          error={reset.error}
          help={isSpent(reset.error?.code) && <Link to="forgot-password">Ask for another link</Link>}
          onSubmit={({ password = "" }) => void reset.run(password).then(setIsDone)}
        >
          <PasswordField
            label="New password"
            name="password"
            autoComplete="new-password"
            required
            hint={`${PASSWORD_HINT} Four unrelated words make a good password.`}
            error={reset.error?.fields["new_password"]}
          />
          <Button type="submit" variant="primary" isBusy={reset.isBusy}>
            Set the password
          </Button>
        </Form>
      )}
    </AuthLayout>
  );
}

const isSpent = (code = "") => code.startsWith("link_");
