import { headers } from "next/headers";
import { heirloom } from "./heirloom";
import { Providers } from "./providers";

export default async function Page() {
  const session = heirloom.open({ headers: await headers() }, { readOnly: true });
  const state = await session.state();
  return (
    <Providers initialState={state}>
      <h1>{state.status === "authenticated" ? `Hello ${state.user.email}` : "Welcome"}</h1>
    </Providers>
  );
}
