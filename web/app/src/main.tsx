import { createSession } from "@heirloom/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { RouterProvider } from "./router.js";
import { SessionProvider } from "./session/context.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/pages.css";
import "./styles/family.css";

// The page's own addresses have one segment, so that the app is where any of them is, and Heirloom one step above.
const app = new URL(".", location.href);
const heirloom = new URL("..", app);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <RouterProvider base={app.pathname}>
      <SessionProvider session={createSession({ baseUrl: heirloom })} heirloom={heirloom}>
        <App />
      </SessionProvider>
    </RouterProvider>
  </StrictMode>,
);
