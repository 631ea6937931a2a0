import type { User } from "@heirloom/client";
import { useState } from "react";
import { useLogout } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { PasswordField, UsernameField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";

const messages = { invalid_credentials: { field: "password", message: "is incorrect" } };

export function DeleteAccount({ user, onRejected }: { user: User; onRejected: () => void }) {
  const { deleteAccount } = useLogout();
  const [isOpen, setIsOpen] = useState(false);
  const deletion = useAction(deleteAccount, messages);
  const close = () => {
    deletion.clear();
    setIsOpen(false);
  };
  return (
    <Section title="Delete account" intro="This deletes your account, sessions and history permanently.">
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        Delete account
      </Button>
      {isOpen && (
        <Dialog title="Delete your account?" onClose={close}>
          <p>
            This deletes everything that belongs to <strong>{user.email ?? "your account"}</strong>. Enter your password
            to confirm.
          </p>
          <Form
            label="Delete your account"
            error={deletion.error}
            onSubmit={({ password = "" }) => void deletion.run(password).then((isDone) => !isDone && onRejected())}
          >
            <UsernameField user={user} />
            <PasswordField
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              error={deletion.error?.fields["password"]}
            />
            <div className="actions">
              <Button onClick={close}>Cancel</Button>
              <Button type="submit" variant="danger" isBusy={deletion.isBusy}>
                Delete account
              </Button>
            </div>
          </Form>
        </Dialog>
      )}
    </Section>
  );
}
