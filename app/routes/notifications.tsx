import { Stack } from "@mantine/core";
import { Form, redirect, useLocation, useNavigation } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { ExportLinks } from "~/components/export-links.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import { useHeldRows } from "~/components/held-rows.ts";
import { NewRows } from "~/components/new-rows.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { servicesContext } from "~/context.ts";
import { ChannelPanel } from "~/features/notifications/channel-panel.tsx";
import {
  markAllRead,
  markRead,
  notificationAction,
  requestTest,
} from "~/features/notifications/commands.server.ts";
import { deliveriesOf, lastDelivery } from "~/features/notifications/deliveries.server.ts";
import classes from "~/features/notifications/notification-list.module.css";
import { NotificationList, SEVERITY_WORDS } from "~/features/notifications/notification-list.tsx";
import {
  listNotifications,
  notificationPageSearch,
} from "~/features/notifications/queries.server.ts";
import { parseInput, parsePageSearch } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import type { Route } from "./+types/notifications";

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, channels } = context.get(servicesContext);
  const { tested, ...query } = parsePageSearch(url, notificationPageSearch);
  const page = await listNotifications(db, { ...query, limit: 50 });
  const [last, deliveries] = await Promise.all([
    lastDelivery(db),
    deliveriesOf(
      db,
      page.data.map(({ id }) => id),
    ),
  ]);
  return {
    page,
    deliveries,
    last,
    tested: tested ?? null,
    channels: channels.map(({ name, target }) => ({ name, target })),
    // Only where the newest of all is shown, "all" is what the person sees.
    whole: query.severity === undefined && query.cursor === undefined,
    filtered: query.severity !== undefined || query.unread !== undefined,
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const { db, send, clock } = context.get(servicesContext);
  const asked = parseInput(notificationAction, await readForm(request));
  const now = new Date(clock.now());
  const search = new URL(request.url).searchParams;
  search.delete("tested");
  if (asked.intent === "read") await markRead(db, asked.id, now);
  if (asked.intent === "read-all") await markAllRead(db, asked.through, now);
  if (asked.intent === "test") {
    await requestTest(send, { now, requestKey: asked.requestKey });
    search.set("tested", now.toISOString());
  }
  return redirect(search.size > 0 ? `/notifications?${search}` : "/notifications");
}

export default function Notifications({ loaderData }: Route.ComponentProps) {
  const { page, deliveries, last, tested, channels, filtered, whole } = loaderData;
  const held = useHeldRows(page, ({ id }) => id, useLocation().search);
  const { formData } = useNavigation();
  const pending = formData?.get("intent");
  const newest = held.rows[0]?.id;
  return (
    <Stack>
      <PageHead
        title="Notifications"
        description="What went wrong, and that it is over. Each is told once, when the state of things changes."
      />
      <Panel
        title="Told so far"
        description="Newest first. Kept for 90 days; an open incident for as long as it is open."
        actions={<Filters />}
      >
        {whole && newest && held.rows.some(({ readAt }) => readAt === null) && (
          <Form method="post" preventScrollReset className={classes.all}>
            <input type="hidden" name="intent" value="read-all" />
            <input type="hidden" name="through" value={newest} />
            <WriteButton pending={pending === "read-all"}>Mark all as read</WriteButton>
          </Form>
        )}
        <NewRows held={held} noun="notifications" />
        {held.rows.length > 0 ? (
          <NotificationList
            items={held.rows}
            deliveries={deliveries}
            marking={pending === "read" ? String(formData?.get("id")) : null}
          />
        ) : (
          <Nothing filtered={filtered} />
        )}
      </Panel>
      <WritesNotice />
      <Pager nextCursor={held.nextCursor} first="Newest" next="Older" />
      <ChannelPanel channels={channels} last={last} tested={tested} sending={pending === "test"} />
    </Stack>
  );
}

function Filters() {
  const any = { value: "", label: "Any" };
  const severities = Object.entries(SEVERITY_WORDS).map(([value, label]) => ({ value, label }));
  return (
    <FilterBar label="Filter the notifications">
      <FilterSelect name="severity" label="Severity" data={[any, ...severities]} />
      <FilterSelect name="unread" label="Read" data={[any, { value: "1", label: "Unread" }]} />
      <ExportLinks list="notifications" filters={["severity", "unread"]} />
    </FilterBar>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No notification matches" why="Nothing that was told fits these filters." />
  ) : (
    <Empty
      title="Nothing to tell"
      why="You are told here when a job fails twice in a row, its data is late, many rows cannot be read, a venue's requests are paused, or a run fails for good in a way that is new; and once more when it is over."
    />
  );
}
