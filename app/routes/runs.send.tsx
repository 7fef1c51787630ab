import { Anchor, Stack, Text } from "@mantine/core";
import { data, Link, redirect } from "react-router";
import { z } from "zod";
import { CopyButton } from "~/components/copy-button.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import { Notice } from "~/components/notice.tsx";
import type { PageHandle } from "~/components/page-handle.ts";
import { PageHead } from "~/components/page-head.tsx";
import { Panel } from "~/components/panel.tsx";
import { servicesContext } from "~/context.ts";
import { dashboardUrl } from "~/features/runs/dashboard-url.ts";
import { eventFields } from "~/features/runs/event-fields.ts";
import { getRunData, runsOfEvent } from "~/features/runs/run.server.ts";
import { Related } from "~/features/runs/run-facts.tsx";
import classes from "~/features/runs/send-form.module.css";
import { SendForm } from "~/features/runs/send-form.tsx";
import {
  checkForm,
  formOfBody,
  formOfData,
  NO_PROBLEMS,
  otherMode,
} from "~/features/runs/send-input.ts";
import { eventSchemas } from "~/inngest/event-schemas.ts";
import { errorResponse, parseInput, parsePageSearch } from "~/lib/api-errors.ts";
import { readForm } from "~/lib/request-body.server.ts";
import { requestKeyField } from "~/lib/request-key.server.ts";
import { ULID } from "~/lib/ulid.ts";
import type { Route } from "./+types/runs.send";

export const handle: PageHandle = { live: ["runs"] };

const search = z.strictObject({
  event: z.string().optional(),
  /** A run whose event the form begins with. */
  run: z.string().regex(ULID, "must be the id of a run").optional(),
  /** The id of an event that was sent from here. */
  sent: z
    .string()
    .regex(/^[\w-]{1,100}$/, "must be the id of an event")
    .optional(),
});

/** An event may carry a batch of data; percent-encoding takes up to three bytes for one. */
const BODY_LIMIT = 1024 * 1024;

/** @throws {Response} 400 for a name that no event of the app has */
function requireEvent(name: string | undefined) {
  const events = eventSchemas();
  const event = events.find((known) => known.name === name);
  if (event) return event;
  throw errorResponse(400, `event: must be one of ${events.map((one) => one.name).join(", ")}`);
}

export async function loader({ url, context }: Route.LoaderArgs) {
  const { db, engine, env } = context.get(servicesContext);
  const query = parsePageSearch(url, search);
  if (query.event === undefined)
    return redirect(`/runs/send?${new URLSearchParams({ event: eventSchemas()[0]?.name ?? "" })}`);
  const { name, schema } = requireEvent(query.event);
  const fields = eventFields(schema);
  const embedded = engine !== null;
  const [template, started] = await Promise.all([
    embedded && query.run ? getRunData(db, query.run, name) : null,
    embedded && query.sent ? runsOfEvent(db, query.sent) : [],
  ]);
  // Sent from here it is work of its own, whoever's the run did.
  const { origin: _, ...own } = template ?? {};
  return {
    events: eventSchemas().map((event) => event.name),
    name,
    fields,
    form: formOfData(fields, own),
    sent: query.sent ? { id: query.sent, started } : null,
    elsewhere: embedded ? null : dashboardUrl(env),
  };
}

export async function action({ request, context }: Route.ActionArgs) {
  const { send } = context.get(servicesContext);
  const body = await readForm(request, BODY_LIMIT);
  const { name, schema } = requireEvent(body.event);
  const typed = formOfBody(body);
  if (body.intent === "switch") return otherMode(eventFields(schema), typed);
  if (body.intent !== "send") throw errorResponse(400, "intent: must be send or switch");
  const { data: checked, problems } = checkForm(schema, typed);
  if (problems) return data({ form: typed, problems }, 400);
  const { requestKey } = parseInput(z.object({ requestKey: requestKeyField }), body);
  const id = typed.id.trim() || (requestKey && `sent-${requestKey}`);
  const sent = await send({ name, data: checked, ...(id && { id }) });
  return redirect(`/runs/send?${new URLSearchParams({ event: name, sent })}`);
}

export default function SendEvent({ loaderData, actionData }: Route.ComponentProps) {
  const { events, name, fields, form, sent, elsewhere } = loaderData;
  const typed = actionData?.form ?? form;
  return (
    <Stack>
      <PageHead
        title="Send an event"
        description="Starts the functions that listen to it, as the app itself would."
      >
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to="/runs" underline="always">
            Runs
          </Anchor>{" "}
          › Starts the functions that listen to it, as the app itself would.
        </Text>
      </PageHead>
      {sent && !actionData && <Sent {...sent} elsewhere={elsewhere} />}
      <Panel
        title="The event"
        actions={
          <FilterBar label="Choose the event">
            <FilterSelect
              name="event"
              label="Event"
              data={events.map((event) => ({ value: event, label: event }))}
            />
          </FilterBar>
        }
      >
        {/* Another event, or another mode, is another form: the browser must not carry its fields over. */}
        <SendForm
          key={`${name} ${typed.mode}`}
          event={name}
          fields={fields}
          form={typed}
          problems={actionData?.problems ?? NO_PROBLEMS}
        />
      </Panel>
    </Stack>
  );
}

type Loaded = Route.ComponentProps["loaderData"];

/** What has become of an event that was sent from here. */
function Sent({ id, started, elsewhere }: NonNullable<Loaded["sent"]> & Pick<Loaded, "elsewhere">) {
  return (
    <Notice tone="info" role="status" title="The event was accepted">
      <p className={classes.sent}>
        Its id is {id} <CopyButton text={id} label="Copy the id of the event" />
      </p>
      {elsewhere !== null ? (
        <p className={classes.sent}>
          <a href={elsewhere}>The dashboard of the Inngest server</a> shows what it started.
        </p>
      ) : started.length === 0 ? (
        <p className={classes.sent}>
          No run has come of it: nothing listens to it, its id was sent before, a limit dropped it,
          or it is gathered with others and its run begins later.
        </p>
      ) : (
        <ul className={classes.started}>
          {started.map((run) => (
            <li key={run.id}>
              <Related id={run.id} run={run} />
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}
