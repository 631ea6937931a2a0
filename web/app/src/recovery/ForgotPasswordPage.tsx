import { useState } from "react";
import { AuthLayout } from "../pages/AuthLayout.js";
import { Link, useRouter } from "../router.js";
import { useHeirloomUrl } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { forgotPassword } from "./recoveryApi.js";

const messages = { not_offered: "This server sends no mails. Contact its operator to get a new password." };

export function ForgotPasswordPage() {
  const heirloom = useHeirloomUrl();
  const { state: email } = useRouter().route;
  const [sentTo, setSentTo] = useState("");
  const ask = useAction((email: string) => forgotPassword(heirloom, email), messages);
  return (
    <AuthLayout title="Forgot your password?" alternative={<Link to="login">Back to the login</Link>}>
      {sentTo && (
        <Notice kind="success">
          Check your mail. If {sentTo} has an account, a link is on its way. It works for an hour.
        </Notice>
      )}
      <Form
        error={ask.error}
        onSubmit={({ email = "" }) => {
          setSentTo("");
          void ask.run(email).then((isSent) => isSent && setSentTo(email));
        }}
      >
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={email}
          required
          hint="You get a link that sets a new password."
          error={ask.error?.fields["email"]}
        />
        <Button type="submit" variant="primary" isBusy={ask.isBusy}>
          Send the link
        </Button>
      </Form>
    </AuthLayout>
  );
}
