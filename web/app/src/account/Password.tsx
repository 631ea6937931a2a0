import type { User } from "@heirloom/client";
import { useState } from "react";
import { useSession } from "../session/context.js";
import { Button } from "../ui/Button.js";
import { LENGTH_HINT, PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";

const words = { invalid_credentials: { field: "current_password", message: "is not the right one" } };

export function Password({ user, onChange }: { user: User; onChange: () => void }) {
  const session = useSession();
  const [isDone, setIsDone] = useState(false);
  const change = useAction(session.changePassword, words);
  const onSubmit = async (values: Readonly<Record<string, string>>, form: HTMLFormElement) => {
    setIsDone(false);
    const { current_password = "", new_password = "" } = values;
    const isChanged = await change.run({ current_password, new_password });
    // The log tells of a wrong one too.
    onChange();
    if (!isChanged) return;
    form.reset();
    setIsDone(true);
  };
  return (
    <Section title="Password" intro="A new password ends every other session of yours.">
      {isDone && <Notice kind="done">Your password is changed, and your other sessions have ended.</Notice>}
      <Form label="Change your password" trouble={change.trouble} onSubmit={(...given) => void onSubmit(...given)}>
        {/* Password managers keep a new password with the account that stands beside it. */}
        <input
          className="hidden"
          type="text"
          name="username"
          autoComplete="username"
          value={user.email}
          readOnly
          hidden
        />
        <PasswordField
          label="Current password"
          name="current_password"
          autoComplete="current-password"
          required
          error={change.trouble?.fields["current_password"]}
        />
        <PasswordField
          label="New password"
          name="new_password"
          autoComplete="new-password"
          required
          hint={LENGTH_HINT}
          error={change.trouble?.fields["new_password"]}
        />
        <Button type="submit" isBusy={change.isBusy}>
          Change password
        </Button>
      </Form>
    </Section>
  );
}
