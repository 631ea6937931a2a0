import type { Handle } from "@sveltejs/kit";
import { heirloom } from "./heirloom";

export const handle: Handle = async ({ event, resolve }) => {
  const session = heirloom.open(event.request, { clientAddress: () => event.getClientAddress() });
  event.locals.session = session;
  return session.apply(await resolve(event));
};
