import { useRouter } from "../router.js";

/** The page to open after the login. Only pages of the app are allowed; any other value of `next` is ignored. */
export function useNextPage(): string {
  const next = useRouter().route.query.get("next") ?? "";
  return ["account", "family", "password"].includes(next) ? next : "account";
}
