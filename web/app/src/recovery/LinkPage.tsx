import { confirmEmail, undoEmail, verifyEmail } from "@heirloom/client/account";
import { useState } from "react";
import { AuthLayout } from "../pages/AuthLayout.js";
import { Link, useRouter } from "../router.js";
import { useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { linkMessages } from "./linkMessages.js";
import { texts } from "../texts/index.js";

interface Props {
  readonly follow: typeof verifyEmail;
  readonly title: string;
  readonly explanation: string;
  readonly button: string;
  readonly done: string;
}

/** A page that a link in a mail opens. It asks first: programs that look at mails follow their links too. */
function LinkPage({ follow, title, explanation, button, done }: Props) {
  const session = useSession();
  const { state: token } = useRouter().route;
  const [isDone, setIsDone] = useState(false);
  const action = useAction(() => follow(session, { token }), linkMessages());
  return (
    <AuthLayout title={title} alternative={<Link to="account">{texts.recovery.toAccount}</Link>}>
      {isDone ? (
        <Notice kind="success">{done}</Notice>
      ) : !token ? (
        <Notice kind="error">{texts.recovery.linkInvalid}</Notice>
      ) : (
        <Form error={action.error} onSubmit={() => void action.run().then(setIsDone)}>
          <p>{explanation}</p>
          <Button type="submit" variant="primary" isBusy={action.isBusy}>
            {button}
          </Button>
        </Form>
      )}
    </AuthLayout>
  );
}

export const VerifyEmailPage = () => <LinkPage follow={verifyEmail} {...texts.links.verify} />;
export const ConfirmEmailPage = () => <LinkPage follow={confirmEmail} {...texts.links.confirm} />;
export const UndoEmailPage = () => <LinkPage follow={undoEmail} {...texts.links.undo} />;
