import { useEffect, useMemo } from "react";
import { AccountPage } from "./account/AccountPage.js";
import { FamilyPage } from "./family/FamilyPage.js";
import { Header } from "./Header.js";
import { LoginPage } from "./pages/LoginPage.js";
import { NotFoundPage } from "./pages/NotFoundPage.js";
import { RegisterPage } from "./pages/RegisterPage.js";
import { TicketPage } from "./pages/TicketPage.js";
import { ForgotPasswordPage } from "./recovery/ForgotPasswordPage.js";
import { ConfirmEmailPage, UndoEmailPage, VerifyEmailPage } from "./recovery/LinkPage.js";
import { ResetPasswordPage } from "./recovery/ResetPasswordPage.js";
import { Redirect, useRouter } from "./router.js";
import { Protected } from "./session/Protected.js";
import { useServer } from "./session/SessionContext.js";
import { texts } from "./texts/index.js";
import { createOutage, OutageContext } from "./ui/outage.js";
import { OutageBanner } from "./ui/OutageBanner.js";
import { Rich } from "./ui/Rich.js";

export function App() {
  const outage = useMemo(createOutage, []);
  useEffect(() => outage.connect(), [outage]);
  return (
    <OutageContext value={outage}>
      <a className="skip-link" href="#main">
        {texts.app.skip}
      </a>
      <Header />
      <OutageBanner />
      <CurrentPage />
      <Footer />
    </OutageContext>
  );
}

function Footer() {
  const { hasDocs } = useServer();
  return (
    <footer className="footer">
      <p>
        {texts.app.servedBy} {hasDocs && <Rich text={texts.app.docs} link={(label) => <a href="../docs">{label}</a>} />}
      </p>
    </footer>
  );
}

function CurrentPage() {
  switch (useRouter().route.page) {
    case "":
      return <Redirect to="account" />;
    case "login":
      return <LoginPage />;
    case "register":
      return <RegisterPage />;
    case "ticket":
      return <TicketPage />;
    case "account":
      return <Protected>{(user, { id }) => <AccountPage user={user} sessionId={id} />}</Protected>;
    case "family":
      return <Protected>{(_, { id }) => <FamilyPage sessionId={id} />}</Protected>;
    case "password":
      return <Protected>{() => <Redirect to="account" state="password" />}</Protected>;
    case "forgot-password":
      return <ForgotPasswordPage />;
    case "reset-password":
      return <ResetPasswordPage />;
    case "verify-email":
      return <VerifyEmailPage />;
    case "confirm-email":
      return <ConfirmEmailPage />;
    case "undo-email":
      return <UndoEmailPage />;
    default:
      return <NotFoundPage />;
  }
}
