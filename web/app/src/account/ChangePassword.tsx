import type { User } from "@heirloom/client";
import { useState } from "react";
import { passwordHint, useOffer } from "../recovery/useOffer.js";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { PasswordField, UsernameField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";
import { texts } from "../texts/index.js";

export function ChangePassword({ user, onChange }: { user: User; onChange: () => void }) {
  const session = useSession();
  const offer = useOffer();
  const [isDone, setIsDone] = useState(false);
  const change = useAction(session.changePassword, {
    invalid_credentials: { field: "current_password", message: texts.passwordChange.wrongPassword },
  });
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
    <Section id="password" title={texts.passwordChange.title} intro={texts.passwordChange.intro}>
      {isDone && <Notice kind="success">{texts.passwordChange.done}</Notice>}
      <Form
        label={texts.passwordChange.form}
        error={change.error}
        onSubmit={(values, form) => void onSubmit(values, form)}
      >
        <UsernameField email={user.email} />
        <PasswordField
          label={texts.passwordChange.current}
          name="current_password"
          autoComplete="current-password"
          required
        />
        <PasswordField
          label={texts.passwordChange.new}
          name="new_password"
          autoComplete="new-password"
          required
          hint={passwordHint(offer)}
        />
        <Button type="submit" isBusy={change.isBusy}>
          {texts.passwordChange.submit}
        </Button>
      </Form>
    </Section>
  );
}
