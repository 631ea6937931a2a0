"use client";
import { createSession, type SessionState } from "@heirloom/client";
import { SessionProvider } from "@heirloom/client/react";
import type { ReactNode } from "react";

const session = createSession({ baseUrl: "/auth" });

export function Providers({ initialState, children }: { initialState: SessionState; children: ReactNode }) {
  return (
    <SessionProvider session={session} initialState={initialState}>
      {children}
    </SessionProvider>
  );
}
