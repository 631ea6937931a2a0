import type { User } from "@heirloom/client";
import { useState } from "react";
import { useFarewells } from "../session/context.js";
import { Button } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { PasswordField } from "../ui/Field.js";
import { Form } from "../ui/Form.js";
import { Section } from "../ui/Section.js";
import { useAction } from "../ui/useAction.js";

const words = { invalid_credentials: { field: "password", message: "is not the right one" } };

export function DeleteAccount({ user, onRefused }: { user: User; onRefused: () => void }) {
  const { deleteAccount } = useFarewells();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useAction(deleteAccount, words);
  const close = () => {
    remove.clear();
    setIsAsking(false);
  };
  return (
    <Section
      title="Delete account"
      intro="Your account, its sessions and its history are removed, and nobody can bring them back."
    >
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Delete account
      </Button>
      {isAsking && (
        <Dialog title="Delete your account?" onClose={close}>
          <p>
            Everything that belongs to <strong>{user.email}</strong> is removed at once. Type your password to go on.
          </p>
          <Form
            label="Delete your account"
            trouble={remove.trouble}
            onSubmit={({ password = "" }) => void remove.run(password).then((isDone) => !isDone && onRefused())}
          >
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
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              error={remove.trouble?.fields["password"]}
            />
            <div className="actions">
              <Button onClick={close}>Cancel</Button>
              <Button type="submit" look="danger" isBusy={remove.isBusy}>
                Delete for ever
              </Button>
            </div>
          </Form>
        </Dialog>
      )}
    </Section>
  );
}
