import { ProblemError } from "@heirloom/client";
import type { Device, Session } from "@heirloom/client";
import { texts } from "../texts/index.js";

/** The last digits of a session's id. People use them to match devices and events. The first digits are a time. */
export const sessionCode = (id: string) => id.slice(-4);

/** For a program, the server returns at most 32 characters of the first word of its user agent. */
export function displayName({ device, user_agent }: Pick<Device, "device" | "user_agent">): string {
  const isTruncated = device.length === 32 && user_agent?.startsWith(device) && /[\w.-]/.test(user_agent.charAt(32));
  return isTruncated ? `${device}…` : texts.devices.deviceName(device);
}

/** The server returns the last use of another device to the hour, so it may be before the login. */
export const lastUse = ({ last_used_at, created_at }: Device) =>
  Date.parse(last_used_at) < Date.parse(created_at) ? created_at : last_used_at;

/** This device first, then those that were used last. */
export function sortDevices(devices: readonly Device[]): Device[] {
  const rank = (device: Device) => [device.current ? "1" : "0", device.last_used_at, device.created_at].join();
  return [...devices].sort((one, other) => rank(other).localeCompare(rank(one)));
}

/** Also resolves if the session has ended already. */
export async function logOut(session: Session, id: string): Promise<void> {
  await session.endSession(id).catch((error: unknown) => {
    if (!(error instanceof ProblemError && error.code === "session_not_found")) throw error;
  });
}

/** A device that logs in meanwhile is logged out too, so the list is loaded until no other is left. */
export async function logOutOthers(session: Session): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    const others = (await session.sessions()).filter(({ current }) => !current);
    if (others.length === 0) return;
    for (const { id } of others) await logOut(session, id);
  }
}
