// Calls Heirloom's service API. The key can act as any user: it stays in this backend, and no page sees it.
import { randomUUID } from "node:crypto";

const { HEIRLOOM_SERVICE_URL = "http://127.0.0.1:9090", HEIRLOOM_SERVICE_KEY } = process.env;

export async function callHeirloom(method, path, body, headers = {}) {
  const response = await fetch(`${HEIRLOOM_SERVICE_URL}/service/${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${HEIRLOOM_SERVICE_KEY}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Heirloom responded with ${response.status} to ${method} ${path}: ${text}`);
  return text && JSON.parse(text);
}

/** A ticket for the user with this subject, whom it creates if there is none. `session` describes the session. */
export async function createTicket(user, session) {
  // If the response is lost, the same name gets a ticket for the same session.
  const once = { "idempotency-key": randomUUID() };
  const create = () => callHeirloom("POST", "tickets", { user, ...session }, once);
  const { ticket } = await create().catch(create);
  return ticket;
}

/** Ends all sessions of the user. */
export async function logOutEverywhere(subject) {
  const { users } = await callHeirloom("GET", `users?${new URLSearchParams({ subject })}`);
  for (const { id } of users) await callHeirloom("POST", `users/${id}/logout-all`);
}
