import { forgotPassword } from "@heirloom/client/account";
import { useState } from "react";
import { AuthLayout } from "../pages/AuthLayout.js";
import { Link, useRouter } from "../router.js";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { texts } from "../texts/index.js";

export function ForgotPasswordPage() {
  const session = useSession();
  const { state: email } = useRouter().route;
  const [sentTo, setSentTo] = useState("");
  const ask = useAction((email: string) => forgotPassword(session, { email }), {
    not_offered: texts.recovery.notOffered,
  });
  return (
    <AuthLayout title={texts.recovery.forgot} alternative={<Link to="login">{texts.recovery.toLogin}</Link>}>
      {sentTo && <Notice kind="success">{texts.recovery.isSent(sentTo)}</Notice>}
      <Form
        error={ask.error}
        onSubmit={({ email = "" }) => {
          setSentTo("");
          void ask.run(email).then((isSent) => isSent && setSentTo(email));
        }}
      >
        <Field
          label={texts.app.email}
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={email}
          required
          hint={texts.recovery.hint}
        />
        <Button type="submit" variant="primary" isBusy={ask.isBusy}>
          {texts.recovery.send}
        </Button>
      </Form>
    </AuthLayout>
  );
}
