import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

type Now = {
  /** Epoch milliseconds, moving every 5 s; null on the server and in the first render. */
  ticking: number | null;
  /** The server's clock when it made the page, epoch milliseconds; null when it could not say. */
  ofServer: number | null;
};

const NowContext = createContext<Now>({ ticking: null, ofServer: null });

const TICK_MS = 5_000;

/** A page is not made longer than this before it runs, in milliseconds; a greater difference is a wrong clock. */
const WRONG_CLOCK_MS = 60_000;

/** Gives every `Time` below one clock, which starts after hydration: the first render has no "now" and equals the server's. */
export function NowProvider({
  ofServer,
  children,
}: {
  ofServer: number | null;
  children: ReactNode;
}) {
  const [ticking, setTicking] = useState<number | null>(null);
  useEffect(() => runClock(ofServer, TICK_MS, setTicking), [ofServer]);
  const now = useMemo(() => ({ ticking, ofServer }), [ticking, ofServer]);
  return <NowContext value={now}>{children}</NowContext>;
}

export function useNow(): Now {
  return useContext(NowContext);
}

/**
 * Tells the time at once and then every so often; in the browser only. A browser whose clock is wrong is corrected by the server's.
 * @param ofServer the server's clock at about this moment, epoch milliseconds; null = not known
 * @returns stops it
 */
export function runClock(
  ofServer: number | null,
  everyMs: number,
  tell: (now: number) => void,
): () => void {
  const difference = ofServer === null ? 0 : ofServer - Date.now();
  const correction = Math.abs(difference) > WRONG_CLOCK_MS ? difference : 0;
  const tick = () => tell(Date.now() + correction);
  tick();
  const timer = setInterval(tick, everyMs);
  return () => clearInterval(timer);
}
