import { AccountPage } from "./account/AccountPage.js";
import { FamilyPage } from "./family/FamilyPage.js";
import { LoginPage } from "./pages/LoginPage.js";
import { NotFoundPage } from "./pages/NotFoundPage.js";
import { RegisterPage } from "./pages/RegisterPage.js";
import { Redirect, useRouter } from "./router.js";
import { Protected } from "./session/Protected.js";
import { Header } from "./ui/Header.js";

export function App() {
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      <CurrentPage />
      <footer className="foot">
        <p>
          Served by Heirloom itself. Its whole interface is <a href="../docs">documented here</a>.
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
    default:
      return <NotFoundPage />;
  }
}
