import { useState } from "react";
import { Link, Redirect, useRouter } from "../router.js";
import { LoadingPage } from "../session/LoadingPage.js";
import { useSession, useSessionState } from "../session/SessionContext.js";
import { UnreachablePage } from "../session/UnreachablePage.js";
import { Button } from "../ui/Button.js";
import { Form } from "../ui/Form.js";
import { Notice } from "../ui/Notice.js";
import { useAction } from "../ui/useAction.js";
import { AuthLayout } from "./AuthLayout.js";
import { texts } from "../texts/index.js";

/**
 * Logs in with a ticket from another service. It asks first: a link with the ticket of another person's account would
 * otherwise log the reader in there unnoticed, and end the reader's own session.
 */
export function TicketPage() {
  const session = useSession();
  const state = useSessionState();
  const { state: ticket } = useRouter().route;
  const [isDone, setIsDone] = useState(false);
  const redeem = useAction(() => session.redeem(ticket), {
    ticket_invalid: texts.ticket.invalid,
    ticket_used: texts.ticket.used,
    account_disabled: texts.auth.isDisabled,
  });
  const isSpent = redeem.error?.code?.startsWith("ticket_");
  if (isDone) return <Redirect to="account" />;
  // During the login, the session may be unknown for a moment.
  if (!redeem.isBusy && state.status === "restoring") return <LoadingPage />;
  if (!redeem.isBusy && state.status === "unreachable") return <UnreachablePage />;
  return (
    <AuthLayout title={texts.ticket.title} alternative={<Link to="login">{texts.ticket.toLogin}</Link>}>
      {!ticket || isSpent ? (
        <Notice kind="error">{redeem.error?.message ?? texts.ticket.missing}</Notice>
      ) : (
        <Form error={redeem.error} onSubmit={() => void redeem.run().then(setIsDone)}>
          <p>{texts.ticket.explanation}</p>
          {state.status === "authenticated" && (
            <Notice kind="info">
              {state.user.email ? texts.ticket.replaces(state.user.email) : texts.ticket.replacesUnnamed}
            </Notice>
          )}
          <Button type="submit" variant="primary" isBusy={redeem.isBusy}>
            {texts.ticket.submit}
          </Button>
        </Form>
      )}
    </AuthLayout>
  );
}
