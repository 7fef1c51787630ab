import { Link } from "react-router";
import { BellIcon } from "./icons.tsx";
import classes from "./tools.module.css";

/** What has not been read; a count of 100 stands for any larger one. */
export type UnreadFacts = { count: number; grave: boolean };

/**
 * The way to the notifications, with how many have not been read. The count lies over the sign, so that it moves nothing.
 * @param unread null = not known
 */
export function Bell({ unread }: { unread: UnreadFacts | null }) {
  const count = unread?.count ?? 0;
  const words = count === 0 ? "Notifications" : `Notifications, ${countText(count)} unread`;
  return (
    <Link
      to="/notifications"
      className={`${classes.icon} ${classes.bell}`}
      aria-label={words}
      title={words}
    >
      <BellIcon />
      {count > 0 && (
        <span className={classes.count} data-grave={unread?.grave || undefined} aria-hidden="true">
          {countText(count)}
        </span>
      )}
    </Link>
  );
}

function countText(count: number): string {
  return count < 100 ? String(count) : "99+";
}
