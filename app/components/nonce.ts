import { createContext, useContext } from "react";

/** The page's one-time permission for inline scripts and styles (CSP); undefined where no policy is sent (development, tests). */
export const NonceContext = createContext<string | undefined>(undefined);

export function useNonce(): string | undefined {
  return useContext(NonceContext);
}
