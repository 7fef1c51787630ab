import { useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import {
  UNSAFE_DataRouterStateContext as DataRouterStateContext,
  isRouteErrorResponse,
  useFetchers,
  useLocation,
  useMatches,
  useNavigation,
  useRevalidator,
} from "react-router";
import { LIVE_TOPICS, type LiveTopic } from "~/lib/live-topics.ts";
import {
  createLiveConnection,
  type LiveConnection,
  type LiveState,
  type StreamEvents,
} from "./live-connection.ts";
import type { PageHandle } from "./page-handle.ts";

const INITIAL = "connecting" satisfies LiveState;
let liveState: LiveState = INITIAL;
const watchers = new Set<() => void>();

function setLiveState(state: LiveState) {
  liveState = state;
  for (const watcher of watchers) watcher();
}

function watchState(watcher: () => void) {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** Whether the page is kept up to date just now. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    watchState,
    () => liveState,
    () => INITIAL,
  );
}

/**
 * Loads the page anew when something it shows has changed: what `handle.live` of its routes names. Mounted once, around the pages. Page
 * two and later of a list is a place in its past and is left alone.
 */
export function LiveUpdates() {
  const topics = useTopics();
  const reload = useReload();
  const loadedAt = useLoadedAt();
  const connection = useRef<LiveConnection>(null);

  useEffect(() => {
    const live = createLiveConnection({
      open: openStream,
      onState: setLiveState,
      onStale: reload,
      now: () => performance.now(),
      random: Math.random,
    });
    connection.current = live;
    const seen = () => live.setVisible(document.visibilityState === "visible");
    seen();
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", live.networkChanged);
    window.addEventListener("offline", live.networkChanged);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", live.networkChanged);
      window.removeEventListener("offline", live.networkChanged);
      live.stop();
    };
  }, [reload]);

  useEffect(() => {
    connection.current?.watch(topics === "" ? [] : (topics.split(",") as LiveTopic[]), loadedAt());
  }, [topics, loadedAt]);

  return null;
}

/** The topics of the page as one word, so that equal ones are equal. */
function useTopics(): string {
  const { search } = useLocation();
  const named = useMatches().flatMap(
    ({ handle }) => (handle as PageHandle | undefined)?.live ?? [],
  );
  const errors = Object.values(useContext(DataRouterStateContext)?.errors ?? {});
  if (errors.some(isOfAddress) || new URLSearchParams(search).has("cursor")) return "";
  return LIVE_TOPICS.filter((topic) => named.includes(topic)).join();
}

/** The address itself is refused, or leads nowhere: no change of the data mends that. */
function isOfAddress(error: unknown): boolean {
  return isRouteErrorResponse(error) && error.status < 500;
}

/** When the data of the page was asked for, in terms of `performance.now()`: 0 for the one that the server rendered. */
function useLoadedAt(): () => number {
  const at = useRef(0);
  const loading = useNavigation().state !== "idle";
  useEffect(() => {
    if (loading) at.current = performance.now();
  }, [loading]);
  return useCallback(() => at.current, []);
}

/**
 * @returns asks for the page to be loaded anew: at once, or as soon as nothing else is under way. While the page shows the answer to a
 *   form (what was wrong with it), it waits until the person has gone on: loading would wipe that answer away.
 */
function useReload(): () => void {
  const [stale, setStale] = useState(false);
  // The state of the router comes late, in a transition: another change meanwhile would break the load off and begin it anew.
  const [reloading, setReloading] = useState(false);
  const { state, revalidate } = useRevalidator();
  const navigating = useNavigation().state !== "idle";
  const submitting = useFetchers().some((fetcher) => fetcher.state === "submitting");
  const answered = useContext(DataRouterStateContext)?.actionData != null;
  const busy = reloading || state !== "idle" || navigating || submitting || answered;
  useEffect(() => {
    if (!stale || busy) return;
    setStale(false);
    setReloading(true);
    void revalidate().finally(() => setReloading(false));
  }, [stale, busy, revalidate]);
  return useCallback(() => setStale(true), []);
}

function openStream(path: string, events: StreamEvents) {
  const source = new EventSource(path);
  source.addEventListener("hello", events.hello);
  source.addEventListener("change", events.changed);
  source.addEventListener("heartbeat", events.heartbeat);
  // The browser's own way to connect again knows neither backoff nor errors of HTTP.
  source.onerror = events.failed;
  return source;
}
