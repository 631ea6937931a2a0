import { AccountPage } from "./account/AccountPage.js";
import { FamilyPage } from "./family/FamilyPage.js";
import { Header } from "./Header.js";
import { LoginPage } from "./pages/LoginPage.js";
import { NotFoundPage } from "./pages/NotFoundPage.js";
import { RegisterPage } from "./pages/RegisterPage.js";
import { ForgotPasswordPage } from "./recovery/ForgotPasswordPage.js";
import { ConfirmEmailPage, UndoEmailPage, VerifyEmailPage } from "./recovery/LinkPage.js";
import { ResetPasswordPage } from "./recovery/ResetPasswordPage.js";
import { Redirect, useRouter } from "./router.js";
import { Protected } from "./session/Protected.js";

export function App() {
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <CurrentPage />
      <footer className="footer">
        <p>
          Served by Heirloom. Read the <a href="../docs">API documentation</a>.
        </p>
      </footer>
    </>
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
    case "account":
      return <Protected>{(user) => <AccountPage user={user} />}</Protected>;
    case "family":
      return <Protected>{(_, { id }) => <FamilyPage sessionId={id} />}</Protected>;
    case "password":
      return <Redirect to="account" />;
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
