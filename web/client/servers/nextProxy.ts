import { type NextRequest, NextResponse } from "next/server";
import { heirloom } from "./heirloom";

export async function proxy(request: NextRequest) {
  // The last address was written by the proxy in front of Next.js.
  const clientAddress = request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim();
  const session = heirloom.open(request, { clientAddress });
  const headers = await session.forward();
  return session.apply(NextResponse.next({ request: { headers } }));
}

// Pages only: other requests need no session, or open their own.
export const config = { matcher: ["/((?!api|auth|_next|.*\\.).*)"] };
