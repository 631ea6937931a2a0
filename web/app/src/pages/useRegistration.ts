import { ProblemError } from "@heirloom/client";
import { useRef, useState } from "react";
import { useSession } from "../session/SessionContext.js";
import { useAction } from "../ui/useAction.js";
import { texts } from "../texts/index.js";

export type Registration = ReturnType<typeof useRegistration>;

/** Creates an account and logs in. After a lost response it tries to log in first: the account may exist already. */
export function useRegistration() {
  const session = useSession();
  /** The account that an earlier attempt may have created. */
  const attempted = useRef<{ email: string; password: string } | null>(null);
  const [isCreated, setIsCreated] = useState(false);
  const [isMailSent, setIsMailSent] = useState(false);
  const [email, setEmail] = useState("");
  const register = useAction(
    async (email: string, password: string) => {
      const account = { email, password };
      setEmail(email);
      if (attempted.current?.email === email && attempted.current.password === password) {
        const user = await session.login(account).catch((error: unknown) => {
          if (error instanceof ProblemError && error.code === "invalid_credentials") return null;
          throw error;
        });
        if (user) return;
      }
      setIsCreated(false);
      setIsMailSent(false);
      attempted.current = account;
      const created = await session.register(account).catch((error: unknown) => {
        if (error instanceof ProblemError && error.status < 500) attempted.current = null;
        throw error;
      });
      // A server that verifies addresses first has sent a mail, and there is no account yet.
      if (!("id" in created)) {
        attempted.current = null;
        setIsMailSent(true);
        return;
      }
      await session.login(account).catch((error: unknown) => {
        setIsCreated(true);
        throw error;
      });
    },
    { email_taken: texts.auth.isTaken },
  );
  return { register, isCreated, isMailSent, email, startAgain: () => setIsMailSent(false) };
}
