import { Button, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Form, Link, useNavigation } from "react-router";
import { PageHead } from "~/components/page-head.tsx";
import { Status } from "~/components/status.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import type { Activity } from "./activity.ts";
import { ActivityWords } from "./activity-words.tsx";
import type { RunDetail } from "./run.server.ts";
import classes from "./run-head.module.css";
import { functionName, triggerName } from "./run-names.ts";
import { isOpen } from "./run-status.ts";
import { Took } from "./run-table.tsx";

/**
 * What a run is, how it stands, and what a person can do about it.
 * @param activity what it does now; null = nothing is known of that
 * @param sendable its event is one that a person can send, changed or not
 */
export function RunHead({
  run,
  activity,
  sendable,
  now,
}: {
  run: RunDetail;
  activity: Activity | null;
  sendable: boolean;
  now: number;
}) {
  const name = functionName(run.functionId);
  return (
    <Stack gap="sm">
      <PageHead
        title={`Run of ${name}`}
        description={`Steps, attempts and outcome of the run ${run.id} of the function ${name}.`}
      >
        <p className={classes.line}>
          <Status value={run.status} />
          <span>
            <Words run={run} activity={activity} now={now} />
          </span>
        </p>
      </PageHead>
      <div className={classes.actions}>
        <Write intent="rerun">Rerun</Write>
        {isOpen(run.status) && <Write intent="cancel">Cancel</Write>}
        {sendable && (
          <Button
            component={Link}
            to={`/runs/send?${new URLSearchParams({ event: run.eventName, run: run.id })}`}
            variant="default"
            size="xs"
          >
            Send its event, edited
          </Button>
        )}
      </div>
      <WritesNotice />
    </Stack>
  );
}

function Words({
  run,
  activity,
  now,
}: {
  run: RunDetail;
  activity: Activity | null;
  now: number;
}): ReactNode {
  const by = `Started by: ${triggerName(run.eventName)}.`;
  if (activity) {
    return (
      <>
        {by} <ActivityWords activity={activity} />.
      </>
    );
  }
  if (isOpen(run.status)) return by;
  return (
    <>
      {by} Took <Took run={run} now={now} />.
    </>
  );
}

function Write({ intent, children }: { intent: "rerun" | "cancel"; children: string }) {
  const { formData } = useNavigation();
  return (
    <Form method="post">
      <input type="hidden" name="intent" value={intent} />
      <WriteButton pending={formData?.get("intent") === intent}>{children}</WriteButton>
    </Form>
  );
}
