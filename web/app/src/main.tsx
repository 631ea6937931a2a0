import { createSession } from "@heirloom/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { RouterProvider } from "./router.js";
import { watchForDisabledAccount } from "./session/disabledAccount.js";
import { SessionProvider } from "./session/SessionContext.js";
import { chooseLanguage } from "./texts/index.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/forms.css";
import "./styles/pages.css";
import "./styles/family.css";
import "./styles/timeline.css";
import "./styles/forced-colors.css";

// Every page of the app is one path segment below the app's base, and Heirloom is one level above.
const app = new URL(".", location.href);
const heirloom = new URL("..", app);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element #root");

chooseLanguage(navigator.languages);

const disabledAccount = watchForDisabledAccount(heirloom, (...request) => fetch(...request));
const session = createSession({ baseUrl: heirloom, fetch: disabledAccount.fetch });

createRoot(root).render(
  <StrictMode>
    <RouterProvider base={app.pathname}>
      <SessionProvider session={session} heirloom={heirloom} disabledAccount={disabledAccount}>
        <App />
      </SessionProvider>
    </RouterProvider>
  </StrictMode>,
);
