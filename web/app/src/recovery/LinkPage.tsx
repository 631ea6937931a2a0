import { useState } from "react";
import { AuthLayout } from "../pages/AuthLayout.js";
import { Link, useRouter } from "../router.js";
import { checkSession } from "../session/checkSession.js";
import { useHeirloomUrl, useSession } from "../session/SessionContext.js";
import { Button } from "../ui/Button.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { linkMessages } from "./linkMessages.js";
import { followLink } from "./recoveryApi.js";
import type { LinkPath } from "./recoveryApi.js";
import { texts } from "../texts/index.js";

interface Props {
  readonly path: LinkPath;
  readonly title: string;
  readonly explanation: string;
  readonly button: string;
  readonly done: string;
}

/** A page that a link in a mail opens. It asks first: programs that look at mails follow their links too. */
function LinkPage({ path, title, explanation, button, done }: Props) {
  const session = useSession();
  const heirloom = useHeirloomUrl();
  const { state: token } = useRouter().route;
  const [isDone, setIsDone] = useState(false);
  const action = useAction(async () => {
    await followLink(heirloom, path, token);
    // The account of this browser may be another one now, or logged out.
    void checkSession(session, heirloom);
  }, linkMessages());
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

export const VerifyEmailPage = () => <LinkPage path="email/verify" {...texts.links.verify} />;
export const ConfirmEmailPage = () => <LinkPage path="email/confirm" {...texts.links.confirm} />;
export const UndoEmailPage = () => <LinkPage path="email/undo" {...texts.links.undo} />;
