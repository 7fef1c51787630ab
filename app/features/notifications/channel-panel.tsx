import { Form, Link } from "react-router";
import { Fact, Facts } from "~/components/facts.tsx";
import { Notice } from "~/components/notice.tsx";
import { Panel } from "~/components/panel.tsx";
import { RequestKey } from "~/components/request-key.tsx";
import { Status } from "~/components/status.tsx";
import { Ago, Time } from "~/components/time.tsx";
import { WriteButton } from "~/components/writes.tsx";
import { formatElapsed } from "~/lib/format.ts";
import type { LastDelivery } from "./deliveries.server.ts";
import classes from "./notification-list.module.css";

const DELIVERY = {
  running: { word: "Being sent", tone: "busy" },
  delivered: { word: "Delivered", tone: "good" },
  failed: { word: "Failed", tone: "bad" },
} as const;

/**
 * Where notifications go besides this page, how the last delivery went, and a way to try it.
 * @param channels name and address of each, without secrets
 * @param tested when a test was asked for, ISO UTC
 */
export function ChannelPanel({
  channels,
  last,
  tested,
  sending,
}: {
  channels: readonly { name: string; target: string }[];
  last: LastDelivery | null;
  tested: string | null;
  sending: boolean;
}) {
  if (channels.length === 0) {
    return (
      <Panel title="Webhook" description="Not set up: notifications are shown in the app only.">
        Set <code>WEBHOOK_URL</code> and <code>WEBHOOK_SECRET</code> in the environment and restart:
        every notification is then posted there as signed JSON.
      </Panel>
    );
  }
  return (
    <Panel
      title={channels.map(({ name }) => name).join(", ")}
      description={`Every notification is also sent to ${channels.map(({ target }) => target).join(", ")}.`}
      actions={
        <Form method="post" preventScrollReset>
          <input type="hidden" name="intent" value="test" />
          <RequestKey />
          <WriteButton pending={sending}>Send a test</WriteButton>
        </Form>
      }
    >
      <div className={classes.facts}>
        {tested && (
          <Notice tone="info" role="status">
            A test was asked for <Ago at={tested} />; how it went is shown below.
          </Notice>
        )}
        {last ? <Last delivery={last} /> : "Nothing has been sent in the last 24 hours."}
      </div>
    </Panel>
  );
}

function Last({ delivery }: { delivery: LastDelivery }) {
  const { status, runId, startedAt, isTest, error, attempt } = delivery;
  const { word, tone } = DELIVERY[status];
  return (
    <Facts>
      <Fact name="Last delivery">
        <Status value={word} tone={tone} />
      </Fact>
      <Fact name={isTest ? "A test, begun" : "Begun"}>
        <Link to={`/runs/${runId}`}>
          <Time at={startedAt} missing="" />
        </Link>
      </Fact>
      {attempt && (
        <Fact name="Last answer">
          {attempt.httpStatus === null ? "none" : `HTTP ${attempt.httpStatus}`} after{" "}
          {formatElapsed(attempt.durationMs)}
        </Fact>
      )}
      {(error ?? attempt?.message) && status !== "delivered" && (
        <Fact name="What went wrong">{error ?? attempt?.message}</Fact>
      )}
    </Facts>
  );
}
