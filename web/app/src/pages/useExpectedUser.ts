import { useState } from "react";
import { useRouter } from "../router.js";
import { useLastUser } from "../session/SessionContext.js";

/** Who is about to log in: the user that the previous page names, or the last user of this browser, whose session has ended. */
export function useExpectedUser() {
  const lastUser = useLastUser();
  const { state: named } = useRouter().route;
  const [last, setLast] = useState(lastUser.get);
  return {
    email: named || (last?.email ?? ""),
    hasExpired: last?.isExplained === false && !named,
    forget: () => {
      lastUser.forget();
      setLast(null);
    },
  };
}
