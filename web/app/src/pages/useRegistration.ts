import { ProblemError } from "@heirloom/client";
import { useRef, useState } from "react";
import { useSession } from "../session/context.js";
import { useAction } from "../ui/useAction.js";

const words = { email_taken: "There is an account with this email address already." };

/** Makes an account and logs in. Asked again for the same one, it knows that the first time may have made it. */
export function useRegistration() {
  const session = useSession();
  /** What an account may have been made with. */
  const tried = useRef<{ email: string; password: string } | null>(null);
  const [isMade, setIsMade] = useState(false);
  const [email, setEmail] = useState("");
  const register = useAction(async (email: string, password: string) => {
    const given = { email, password };
    setEmail(email);
    if (tried.current?.email === email && tried.current.password === password) {
      const isIn = await session.login(given).catch((error: unknown) => {
        if (error instanceof ProblemError && error.code === "invalid_credentials") return null;
        throw error;
      });
      if (isIn) return;
    }
    setIsMade(false);
    tried.current = given;
    await session.register(given).catch((error: unknown) => {
      if (error instanceof ProblemError && error.status < 500) tried.current = null;
      throw error;
    });
    await session.login(given).catch((error: unknown) => {
      setIsMade(true);
      throw error;
    });
  }, words);
  return { register, isMade, email };
}
