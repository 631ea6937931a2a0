import { ProblemError, type SessionState } from "@heirloom/client";
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { session } from "./session";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The client has retried lost responses already. An error such as 403 stays the same.
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError && error.status < 500),
    },
  },
});

// What one user has loaded must not appear for the next, who may have logged in in another tab.
let userId: string | undefined;
function forgetOtherUsers(state: SessionState) {
  if (state.status === "restoring" || state.status === "unreachable") return;
  const next = state.status === "authenticated" ? state.user.id : undefined;
  if (userId && userId !== next) queryClient.clear();
  userId = next;
}
session.subscribe(forgetOtherUsers);
forgetOtherUsers(session.getState());

export const devices = queryOptions({
  queryKey: ["devices"],
  queryFn: ({ signal }) => session.sessions({ signal }),
});

export const orders = queryOptions({
  queryKey: ["orders"],
  queryFn: async ({ signal }) => {
    const response = await session.fetch("https://api.example.com/orders", { signal });
    if (!response.ok) throw new Error(`The orders cannot be loaded (${response.status}).`);
    return (await response.json()) as { id: string }[];
  },
});
