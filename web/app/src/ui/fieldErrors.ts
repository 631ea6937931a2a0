import { createContext, useContext } from "react";

/** What is wrong with the fields of a form, by name. */
export const FieldErrors = createContext<Readonly<Record<string, string>>>({});

/** What is wrong with this field. */
export function useFieldError(name: string): string | undefined {
  return useContext(FieldErrors)[name];
}
