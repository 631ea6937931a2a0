/** The claims of an access token that Heirloom sets. Times are seconds since 1970. */
export interface HeirloomClaims {
  iss: string;
  aud: string;
  /** The user's id. */
  sub: string;
  /** The session's id. */
  sid: string;
  /** How often the session has been refreshed, and 1. */
  gen: number;
  jti: string;
  iat: number;
  nbf?: number;
  exp: number;
  /** When the user last proved who they are. */
  auth_time: number;
  /** How they proved it (RFC 8176), as far as Heirloom knows. */
  amr?: string[];
  /** How strong the proof was. */
  acr?: string;
  /** Who acts for the user, for example a member of support (RFC 8693, section 4.1). */
  act?: { sub: string };
}

/** The claims of a token: those of Heirloom, and those that your service gave to the user or the session. */
export type Claims<More = Record<string, unknown>> = HeirloomClaims & More;

const isText = (value: unknown) => typeof value === "string";
const isInteger = (value: unknown) => Number.isSafeInteger(value);
const isUuid = (value: unknown) =>
  typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
const isGeneration = (value: unknown) => isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
const isList = (value: unknown) => Array.isArray(value) && value.every(isText);
const isActor = (value: unknown) => typeof value === "object" && value !== null && "sub" in value && isText(value.sub);

const REQUIRED: Record<string, (value: unknown) => boolean> = {
  iss: isText,
  aud: isText,
  sub: isUuid,
  sid: isUuid,
  gen: isGeneration,
  jti: isText,
  iat: isInteger,
  exp: isInteger,
  auth_time: isInteger,
};
const OPTIONAL: Record<string, (value: unknown) => boolean> = {
  nbf: isInteger,
  amr: isList,
  acr: isText,
  act: isActor,
};

/** Whether every claim of Heirloom is there and has its type. */
export function areClaims(value: unknown): value is Claims {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const claims = value as Record<string, unknown>;
  return (
    Object.entries(REQUIRED).every(([name, isValid]) => isValid(claims[name])) &&
    Object.entries(OPTIONAL).every(([name, isValid]) => (claims[name] ?? null) === null || isValid(claims[name]))
  );
}
