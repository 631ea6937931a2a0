import { Link, useRouter } from "../router.js";
import { useFarewells, useSessionState } from "../session/context.js";
import { Button } from "./Button.js";
import { Mark } from "./Mark.js";

const pages = [
  ["account", "Account"],
  ["family", "Family view"],
] as const;

export function Header() {
  const state = useSessionState();
  const { page } = useRouter().route;
  return (
    <header className="head">
      <div className="head-row">
        <Link to="" className="brand">
          <Mark /> Heirloom
        </Link>
        {state.status === "authenticated" && (
          <>
            <nav aria-label="Main">
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
            <div className="who">
              <span className="email" title={state.user.email}>
                {state.user.email}
              </span>
              <LogOut />
            </div>
          </>
        )}
      </div>
    </header>
  );
}

function LogOut() {
  const { logOut } = useFarewells();
  return (
    <Button look="quiet" onClick={() => void logOut()}>
      Log out
    </Button>
  );
}
