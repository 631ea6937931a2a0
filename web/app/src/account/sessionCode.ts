/** The last digits of a session's id. People use them to match devices and events. The first digits are a time. */
export const sessionCode = (id: string) => id.slice(-4);
