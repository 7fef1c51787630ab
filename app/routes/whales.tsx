import { EmptyState, Group, Paper, Stack, TextInput } from "@mantine/core";
import { data, Form, redirect } from "react-router";
import { z } from "zod";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { HealthNotice, WalletsHint } from "~/features/syncs/health-notice.tsx";
import { getDataHealth } from "~/features/syncs/queries.server.ts";
import { followWhale, unfollowWhale } from "~/features/whales/commands.server.ts";
import { followInput } from "~/features/whales/follow-input.ts";
import { listFollowedWhales } from "~/features/whales/queries.server.ts";
import { WhaleTable } from "~/features/whales/whale-table.tsx";
import { errorResponse, notFound, parseId, parseSearch, problemsOf } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/whales";

const search = z.strictObject({ cursor: z.string().optional() });

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, venues } = context.get(servicesContext);
  const { cursor } = parseSearch(url, search);
  const [whales, health] = await Promise.all([
    listFollowedWhales(db, { cursor, limit: 50 }),
    getDataHealth(db, "whales"),
  ]);
  return {
    whales,
    health,
    venues: venues.map(({ id, name, walletsHint }) => ({ id, name, walletsHint })),
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const services = context.get(servicesContext);
  const { intent, id, ...fields } = await readForm(request);
  if (intent === "unfollow") {
    if (!(await unfollowWhale(services.db, parseId(id, "whale")))) throw notFound("whale");
    return redirect("/whales");
  }
  if (intent !== "follow") throw errorResponse(400, "intent: must be follow or unfollow");
  const input = followInput.safeParse({ venue: services.venues[0]?.id, ...fields });
  if (!input.success) {
    return data({ error: problemsOf(input.error), address: fields.address ?? "" }, 400);
  }
  const whale = await followWhale(services, input.data);
  return redirect(`/whales/${whale.id}`);
}

export default function Whales({ loaderData, actionData }: Route.ComponentProps) {
  const { whales, health, venues } = loaderData;
  const closed = venues.filter((venue) => venue.walletsHint !== null);
  return (
    <Stack>
      <PageHead title="Whales" description="The followed wallets, the last to trade first." />
      {closed.map(({ name, walletsHint }) => (
        <WalletsHint key={name} venueName={name} hint={walletsHint ?? ""} />
      ))}
      {closed.length < venues.length && (
        <HealthNotice health={health} venueName={venues.map(({ name }) => name).join(", ")} />
      )}
      <FollowForm error={actionData?.error} address={actionData?.address} />
      {whales.data.length > 0 ? (
        <WhaleTable caption="Followed whales" whales={whales.data} />
      ) : (
        <EmptyState
          title="No whale is followed yet"
          description="Discovery looks for large traders at the start and every night. Paste the address of a wallet above to follow it at once."
        />
      )}
      <Pager nextCursor={whales.nextCursor} first="First page" next="Next page" />
    </Stack>
  );
}

function FollowForm({ error, address }: { error?: string; address?: string }) {
  return (
    <Paper withBorder p="md">
      <Form method="post">
        <input type="hidden" name="intent" value="follow" />
        <Group align="flex-end" gap="sm">
          <TextInput
            name="address"
            label="Wallet address"
            placeholder="0x…"
            required
            autoComplete="off"
            spellCheck={false}
            maxLength={60}
            defaultValue={address}
            error={error}
            style={{ flex: "3 1 260px" }}
          />
          <TextInput
            name="label"
            label="Label (optional)"
            autoComplete="off"
            maxLength={80}
            style={{ flex: "1 1 140px" }}
          />
          <WriteButton primary>Follow</WriteButton>
        </Group>
        <WritesNotice />
      </Form>
    </Paper>
  );
}
