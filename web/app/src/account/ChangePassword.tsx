import type { User } from "@heirloom/client";
import { useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { PASSWORD_HINT, PasswordField, UsernameField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";

const messages = { invalid_credentials: { field: "current_password", message: "is incorrect" } };

export function ChangePassword({ user, onChange }: { user: User; onChange: () => void }) {
  const session = useSession();
  const [isDone, setIsDone] = useState(false);
  const change = useAction(session.changePassword, messages);
  const onSubmit = async (values: Readonly<Record<string, string>>, form: HTMLFormElement) => {
    setIsDone(false);
    const { current_password = "", new_password = "" } = values;
    const isChanged = await change.run({ current_password, new_password });
    // A failed change is in the security log too.
    onChange();
    if (!isChanged) return;
    form.reset();
    setIsDone(true);
  };
  return (
    <Section title="Password" intro="A new password logs you out on all other devices.">
      {isDone && <Notice kind="success">Your password was changed. Your other sessions were revoked.</Notice>}
      <Form label="Change your password" error={change.error} onSubmit={(values, form) => void onSubmit(values, form)}>
        <UsernameField user={user} />
        <PasswordField
          label="Current password"
          name="current_password"
          autoComplete="current-password"
          required
          error={change.error?.fields["current_password"]}
        />
        <PasswordField
          label="New password"
          name="new_password"
          autoComplete="new-password"
          required
          hint={PASSWORD_HINT}
          error={change.error?.fields["new_password"]}
        />
        <Button type="submit" isBusy={change.isBusy}>
          Change password
        </Button>
      </Form>
    </Section>
  );
}
