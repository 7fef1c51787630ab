import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigation } from "react-router";
import classes from "./shell.module.css";

/** A thin bar at the top while the next page is fetched; it takes no room. */
export function Progress() {
  const { state } = useNavigation();
  return state === "idle" ? null : <div className={classes.progress} aria-hidden="true" />;
}

/**
 * Says the title of a page that was gone to without a reload, and keeps the keyboard's place: where the link that led here is gone, the
 * focus would be nowhere, so it goes to the content.
 */
export function Arrival() {
  const { pathname } = useLocation();
  const left = useRef(pathname);
  const [title, setTitle] = useState("");
  useEffect(() => {
    if (left.current === pathname) return;
    left.current = pathname;
    setTitle(document.title);
    if (document.activeElement === document.body) {
      document.getElementById("content")?.focus({ preventScroll: true });
    }
  }, [pathname]);
  return (
    <div className="visually-hidden" role="status">
      {title}
    </div>
  );
}
