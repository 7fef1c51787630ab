import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

type Now = {
  /** Epoch milliseconds, moving every 5 s; null on the server and in the first render. */
  ticking: number | null;
  /** The server's clock when it made the page, epoch milliseconds; null when it could not say. */
  ofServer: number | null;
};

const NowContext = createContext<Now>({ ticking: null, ofServer: null });

const TICK_MS = 5_000;

/** Gives every `Time` below one clock, which starts after hydration: the first render has no "now" and equals the server's. */
export function NowProvider({
  ofServer,
  children,
}: {
  ofServer: number | null;
  children: ReactNode;
}) {
  const [ticking, setTicking] = useState<number | null>(null);
  useEffect(() => {
    setTicking(Date.now());
    const timer = setInterval(() => setTicking(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <NowContext value={{ ticking, ofServer }}>{children}</NowContext>;
}

export function useNow(): Now {
  return useContext(NowContext);
}
