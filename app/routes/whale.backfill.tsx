import { Stack } from "@mantine/core";
import { Link, redirect } from "react-router";
import { z } from "zod";
import { Notice } from "~/components/notice.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { requestBackfill } from "~/features/whales/backfill.server.ts";
import { BackfillStart } from "~/features/whales/backfill-estimate.tsx";
import { BackfillRangeForm } from "~/features/whales/backfill-form.tsx";
import { BackfillOutcome } from "~/features/whales/backfill-outcome.tsx";
import { planBackfill } from "~/features/whales/backfill-plan.server.ts";
import { offeredRange, parseRange } from "~/features/whales/backfill-range.ts";
import { getBackfillResult } from "~/features/whales/backfill-result.server.ts";
import { errorResponse, notFound, parseId, parseInput, parsePageSearch } from "~/lib/api-errors.ts";
import { shortAddress } from "~/lib/format.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { requestKeyField } from "~/lib/request-key.server.ts";
import type { Route } from "./+types/whale.backfill";

export const handle: PageHandle = { live: ["syncs"] };

const search = z.object({
  from: z.string().max(40).optional(),
  to: z.string().max(40).optional(),
  /** The request whose outcome is shown. */
  request: requestKeyField,
});

export async function loader({ params, url, context }: Route.LoaderArgs) {
  const services = context.get(servicesContext);
  const whaleId = parseId(params.id, "whale");
  const { request, ...query } = parsePageSearch(url, search);
  const now = services.clock.now();
  const given = { ...offeredRange(now), ...query };
  const { range, errors } = parseRange(given, now);
  const plan = await planBackfill(services, whaleId, range);
  if (!plan) throw notFound("whale");
  const result =
    request && range
      ? await getBackfillResult(services.db, { whaleId, range, requestKey: request })
      : null;
  const fields = { from: given.from.slice(0, 10), to: given.to.slice(0, 10), errors };
  return { plan, range, fields, result };
}

const sent = z.object({ from: z.string(), to: z.string(), requestKey: requestKeyField });

export async function action({ request, params, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const whaleId = parseId(params.id, "whale");
  const { intent, ...fields } = await readForm(request);
  if (intent !== "backfill") throw errorResponse(400, "intent: must be backfill");
  const { requestKey = crypto.randomUUID(), from, to } = parseInput(sent, fields);
  const { range } = parseRange({ from, to }, services.clock.now());
  const plan = await planBackfill(services, whaleId, range);
  if (!plan) throw notFound("whale");
  const asked = new URLSearchParams({ from, to });
  // The page says what is wrong with the range, or with the wallet.
  if (range && plan.refusal === null) {
    await requestBackfill(services.send, { whaleId, range, requestKey });
    asked.set("request", requestKey);
  }
  return redirect(`/whales/${whaleId}/backfill?${asked}`);
}

export default function Backfill({ loaderData }: Route.ComponentProps) {
  const { plan, range, fields, result } = loaderData;
  const { whale, venueName, refusal, estimate } = plan;
  const name = whale.label ?? shortAddress(whale.address);
  return (
    <Stack>
      <PageHead
        title={`Read again: ${name}`}
        description={`Reads a range of the wallet ${whale.address} at ${venueName} again.`}
      >
        <Link to={`/whales/${whale.id}`}>Back to the whale</Link>
      </PageHead>
      {result && <BackfillOutcome result={result} />}
      {refusal !== null && (
        <Notice tone="warn" role="status" title="This cannot be read again">
          {refusal}
        </Notice>
      )}
      <Panel title="Range" description="Whole days of UTC; today as far as it has gone.">
        <BackfillRangeForm whaleId={whale.id} range={fields} />
      </Panel>
      {estimate && range && (
        <Panel title="What it takes" description="Nothing is asked of the venue yet.">
          <BackfillStart estimate={estimate} range={range} venueName={venueName} />
        </Panel>
      )}
    </Stack>
  );
}
