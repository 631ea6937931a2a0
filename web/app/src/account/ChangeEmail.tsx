import type { User } from "@heirloom/client";
import { changeEmail } from "@heirloom/client/account";
import { useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Field, PasswordField, UsernameField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";
import { texts } from "../texts/index.js";

export function ChangeEmail({ user, onChange }: { user: User; onChange: () => void }) {
  const session = useSession();
  const [sentTo, setSentTo] = useState("");
  const change = useAction((email: string, password: string) => changeEmail(session, { email, password }), {
    invalid_credentials: { field: "password", message: texts.passwordChange.wrongPassword },
  });
  const onSubmit = async ({ email = "", password = "" }: Readonly<Record<string, string>>, form: HTMLFormElement) => {
    setSentTo("");
    const isSent = await change.run(email, password);
    onChange();
    if (!isSent) return;
    form.reset();
    setSentTo(email);
  };
  return (
    <Section id="email" title={texts.emailChange.title} intro={texts.emailChange.intro}>
      {sentTo && <Notice kind="success">{texts.emailChange.isSent(sentTo)}</Notice>}
      <Form
        label={texts.emailChange.form}
        error={change.error}
        onSubmit={(values, form) => void onSubmit(values, form)}
      >
        <UsernameField email={user.email} />
        <Field label={texts.emailChange.new} name="email" type="email" autoComplete="email" required />
        <PasswordField label={texts.emailChange.password} name="password" autoComplete="current-password" required />
        <Button type="submit" isBusy={change.isBusy}>
          {texts.emailChange.submit}
        </Button>
      </Form>
    </Section>
  );
}
