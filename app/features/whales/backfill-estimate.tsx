import { Stack } from "@mantine/core";
import { Form, useNavigation } from "react-router";
import { Fact, Facts } from "~/components/facts.tsx";
import { RequestKey } from "~/components/request-key.tsx";
import { UtcTime } from "~/components/time.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { formatCount, formatElapsed } from "~/lib/format.ts";
import classes from "./backfill.module.css";
import type { BackfillEstimate } from "./backfill-plan.server.ts";
import type { BackfillRange } from "./backfill-range.ts";

/** A read is closed after so long, and the wallet's next syncs go on with it. */
const ONE_SYNC_S = 8 * 60;

/** What reading the range again takes, and the button that starts it. */
export function BackfillStart({
  estimate,
  range,
  venueName,
}: {
  estimate: BackfillEstimate;
  range: BackfillRange;
  venueName: string;
}) {
  const { formData } = useNavigation();
  return (
    <Stack gap="sm">
      <EstimateFacts estimate={estimate} range={range} />
      <p className={classes.words}>
        {venueName} lists a wallet's trades newest first and cannot be asked by time: everything
        from the newest trade down to <UtcTime at={estimate.readsTo} missing="" /> is read again.
        Trades that are stored already stay as they are; those that were missing are added.
      </p>
      <Form method="post" className={classes.start}>
        <input type="hidden" name="intent" value="backfill" />
        <input type="hidden" name="from" value={range.from} />
        <input type="hidden" name="to" value={range.to} />
        <RequestKey />
        <div>
          <WriteButton primary pending={formData?.get("intent") === "backfill"}>
            Read again
          </WriteButton>
        </div>
        <WritesNotice />
      </Form>
    </Stack>
  );
}

function EstimateFacts({ estimate, range }: { estimate: BackfillEstimate; range: BackfillRange }) {
  const { requests, exact, seconds, stored } = estimate;
  const most = exact ? "about" : "up to";
  return (
    <>
      <Facts>
        <Fact name="Compared">
          <UtcTime at={range.from} missing="" /> to <UtcTime at={range.to} missing="" />
        </Fact>
        <Fact name="Stored in the range">
          {stored === null ? "too many trades to count here" : tradesWords(stored)}
        </Fact>
        <Fact name="Requests">
          {most} {formatCount(requests)}, a page of {estimate.pageSize} trades each
        </Fact>
        <Fact name="Time">
          {most} {formatElapsed(seconds * 1_000)} at the present {estimate.rate} requests a second,
          longer while other work shares them
        </Fact>
      </Facts>
      <Limits estimate={estimate} range={range} />
    </>
  );
}

function Limits({ estimate, range }: { estimate: BackfillEstimate; range: BackfillRange }) {
  return (
    <>
      {estimate.readsTo > range.from && (
        <p className={classes.muted}>
          Older trades than <UtcTime at={estimate.readsTo} missing="" /> are not kept, so the read
          stops there.
        </p>
      )}
      {estimate.seconds > ONE_SYNC_S && (
        <p className={classes.muted}>
          One sync reads for {formatElapsed(ONE_SYNC_S * 1_000)} at most; the wallet's next syncs go
          on where it stopped.
        </p>
      )}
      {estimate.pausedUntil && (
        <p className={classes.muted}>
          The venue is asked nothing until <UtcTime at={estimate.pausedUntil} missing="" />; a
          backfill waits for that.
        </p>
      )}
    </>
  );
}

export function tradesWords(count: number): string {
  return count === 1 ? "1 trade" : `${formatCount(count)} trades`;
}
