import type { User } from "@heirloom/client";
import { useState } from "react";
import { changeEmail } from "../recovery/recoveryApi.js";
import { useHeirloomUrl, useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField, UsernameField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";

const messages = { invalid_credentials: { field: "password", message: "is incorrect" } };

export function ChangeEmail({ user, onChange }: { user: User; onChange: () => void }) {
  const session = useSession();
  const heirloom = useHeirloomUrl();
  const [sentTo, setSentTo] = useState("");
  const change = useAction(
    (email: string, password: string) => changeEmail(session, heirloom, email, password),
    messages,
  );
  const onSubmit = async ({ email = "", password = "" }: Readonly<Record<string, string>>, form: HTMLFormElement) => {
    setSentTo("");
    const isSent = await change.run(email, password);
    onChange();
    if (!isSent) return;
    form.reset();
    setSentTo(email);
  };
  return (
    <Section title="Email address" intro="The new address gets a link. The change takes effect when you open it.">
      {sentTo && <Notice kind="success">Check the mail of {sentTo}.</Notice>}
      <Form
        label="Change your email address"
        error={change.error}
        onSubmit={(values, form) => void onSubmit(values, form)}
      >
        <UsernameField email={user.email} />
        <Field
          label="New email"
          name="email"
          type="email"
          autoComplete="email"
          required
          error={change.error?.fields["email"]}
        />
        <PasswordField
          label="Your password"
          name="password"
          autoComplete="current-password"
          required
          error={change.error?.fields["password"]}
        />
        <Button type="submit" isBusy={change.isBusy}>
          Change email
        </Button>
      </Form>
    </Section>
  );
}
