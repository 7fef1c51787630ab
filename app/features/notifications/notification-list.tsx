import { Form, Link } from "react-router";
import { Status } from "~/components/status.tsx";
import { Ago, Time, UtcTime } from "~/components/time.tsx";
import { RowWriteButton } from "~/components/writes.tsx";
import type { Severity } from "~/generated/prisma/client.ts";
import { conditionWords } from "./condition-words.ts";
import type { Delivery } from "./deliveries.server.ts";
import classes from "./notification-list.module.css";
import type { NotificationItem } from "./queries.server.ts";

const TONES = { error: "bad", warning: "warn", success: "good", info: "neutral" } as const;

/** Severities in words that begin a line. */
export const SEVERITY_WORDS: Record<Severity, string> = {
  error: "Error",
  warning: "Warning",
  success: "Recovered",
  info: "Information",
};

/**
 * What a person was told, in the order given, each with its state.
 * @param deliveries how the channels were told, by notification
 * @param marking number of the notification that is being marked as read
 */
export function NotificationList({
  items,
  deliveries,
  marking,
}: {
  items: readonly NotificationItem[];
  deliveries: Record<string, Delivery>;
  marking: string | null;
}) {
  return (
    <ul className={classes.list} aria-label="Notifications, newest first">
      {items.map((item) => (
        <li
          key={item.id}
          id={`n${item.id}`}
          className={classes.row}
          data-unread={!item.readAt || undefined}
        >
          <Head item={item} marking={marking === item.id} />
          <Body item={item} />
          <p className={classes.state}>
            <State item={item} />
            <Delivered delivery={deliveries[item.id]} />
          </p>
        </li>
      ))}
    </ul>
  );
}

function Head({ item, marking }: { item: NotificationItem; marking: boolean }) {
  const { title, severity, readAt, createdAt, link } = item;
  return (
    <div className={classes.head}>
      <span>
        <Status value={SEVERITY_WORDS[severity]} tone={TONES[severity]} />
      </span>
      <h3 className={classes.title}>
        {link ? <Link to={link}>{title}</Link> : title}
        {!readAt && <span className={classes.unread}>Unread</span>}
      </h3>
      <span className={classes.when}>
        <Time at={createdAt} missing="" />
      </span>
      <span className={classes.action}>
        {!readAt && (
          <Form method="post" preventScrollReset>
            <input type="hidden" name="intent" value="read" />
            <input type="hidden" name="id" value={item.id} />
            <RowWriteButton label={`Mark as read: ${title}`} pending={marking}>
              Mark read
            </RowWriteButton>
          </Form>
        )}
      </span>
    </div>
  );
}

function Body({ item: { body } }: { item: NotificationItem }) {
  const [first, ...more] = body.split("\n");
  if (more.length === 0) return <p className={classes.body}>{first}</p>;
  return (
    <ul className={classes.lines}>
      {[first, ...more].map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

/** What became of it: an incident is open, and says why, or over; a recovery leads to what is over. */
function State({ item }: { item: NotificationItem }) {
  const { kind, incidentId, resolvedAt, standing } = item;
  if (kind === "recovery") {
    return incidentId ? (
      <span>
        Ends <a href={`#n${incidentId}`}>notification {incidentId}</a>.
      </span>
    ) : null;
  }
  if (resolvedAt) {
    return (
      <span>
        Over since <UtcTime at={resolvedAt} missing="" />.
      </span>
    );
  }
  if (standing.length === 0)
    return <span>Open: nothing stands now; it closes when that lasts.</span>;
  return (
    <span>
      <strong>Open</strong>:{" "}
      {standing.map(({ key, since }, place) => (
        <span key={key}>
          {place > 0 && ", "}
          {conditionWords(key)} since <Ago at={since} />
        </span>
      ))}
      .
    </span>
  );
}

const DELIVERY_WORDS = {
  running: "being sent",
  delivered: "sent",
  failed: "could not be sent",
} as const;

function Delivered({ delivery }: { delivery: Delivery | undefined }) {
  if (!delivery) return null;
  return (
    <span>
      Webhook: <Link to={`/runs/${delivery.runId}`}>{DELIVERY_WORDS[delivery.status]}</Link>
      {delivery.error && `: ${delivery.error}`}
    </span>
  );
}
