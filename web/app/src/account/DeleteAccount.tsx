import type { User } from "@heirloom/client";
import { useState } from "react";
import { useLogout } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { PasswordField, UsernameField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";
import { texts } from "../texts/index.js";

export function DeleteAccount({ user, onRejected }: { user: User; onRejected: () => void }) {
  const { deleteAccount } = useLogout();
  const [isOpen, setIsOpen] = useState(false);
  const deletion = useAction(deleteAccount, {
    invalid_credentials: { field: "password", message: texts.passwordChange.wrongPassword },
  });
  const [before, after] = texts.deletion.confirm.split("{email}");
  const close = () => {
    deletion.clear();
    setIsOpen(false);
  };
  return (
    <Section id="deletion" title={texts.deletion.title} intro={texts.deletion.intro}>
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        {texts.deletion.title}
      </Button>
      {isOpen && (
        <Dialog title={texts.deletion.dialogTitle} onClose={close}>
          <p>
            {before}
            <strong>{user.email}</strong>
            {after}
          </p>
          <Form
            label={texts.deletion.form}
            error={deletion.error}
            onSubmit={({ password = "" }) => void deletion.run(password).then((isDone) => !isDone && onRejected())}
          >
            <UsernameField email={user.email} />
            <PasswordField label={texts.app.password} name="password" autoComplete="current-password" required />
            <div className="actions">
              <Button onClick={close}>{texts.app.cancel}</Button>
              <Button type="submit" variant="danger" isBusy={deletion.isBusy}>
                {texts.deletion.title}
              </Button>
            </div>
          </Form>
        </Dialog>
      )}
    </Section>
  );
}
