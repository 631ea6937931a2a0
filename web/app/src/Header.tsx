import { Link, useRouter } from "./router.js";
import { useLogout, useSessionState } from "./session/SessionContext.js";
import { Button } from "./ui/Button.js";
import { Logo } from "./ui/Logo.js";
import { texts } from "./texts/index.js";

export function Header() {
  const state = useSessionState();
  const pages = [
    ["account", texts.app.account],
    ["family", texts.app.family],
  ] as const;
  const { page } = useRouter().route;
  return (
    <header className="header">
      <div className="header-row">
        <Link to="" className="brand">
          <Logo /> Heirloom
        </Link>
        {state.status === "authenticated" && (
          <>
            <nav aria-label={texts.app.mainNavigation}>
              <ul>
                {pages.map(([to, label]) => (
                  <li key={to}>
                    <Link to={to} aria-current={page === to ? "page" : undefined}>
                      {label}
                    </Link>
                  </li>
                ))}
              </ul>
            </nav>
            <div className="header-user">
              {state.user.email !== null && (
                <span className="header-email" title={state.user.email}>
                  {state.user.email}
                </span>
              )}
              <LogoutButton />
            </div>
          </>
        )}
      </div>
    </header>
  );
}

function LogoutButton() {
  const { logout } = useLogout();
  return (
    <Button variant="quiet" onClick={() => void logout()}>
      {texts.app.logOut}
    </Button>
  );
}
