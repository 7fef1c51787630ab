import { useId } from "react";
import { Form, useLocation, useNavigation } from "react-router";
import fields from "~/components/field.module.css";
import { RequestKey } from "~/components/request-key.tsx";
import { WriteButton } from "~/components/writes.tsx";
import type { PauseProblem } from "./job-action.server.ts";
import classes from "./job-actions.module.css";
import { REASON_LENGTH } from "./pause.ts";
import { SYNC_SCHEDULE, type SyncType } from "./schedule.ts";

type Intent = "run" | "pause" | "resume";

/** What a person can do with a job: start it now, pause its schedule, let it go on. */
export function JobActions({
  type,
  paused,
  problem,
}: {
  type: SyncType;
  paused: boolean;
  problem: PauseProblem | null;
}) {
  const { name } = SYNC_SCHEDULE[type];
  return (
    <div className={classes.actions}>
      <JobForm type={type} intent="run" label={`Run now: ${name}`} words="Run now" />
      {paused ? (
        <JobForm type={type} intent="resume" label={`Resume: ${name}`} words="Resume" />
      ) : (
        <PauseForm type={type} problem={problem} />
      )}
    </div>
  );
}

function JobForm({
  type,
  intent,
  label,
  words,
}: {
  type: SyncType;
  intent: Intent;
  label: string;
  words: string;
}) {
  const { search } = useLocation();
  const pending = usePending(type, intent);
  return (
    <Form method="post" action={`/syncs${search}`} preventScrollReset>
      <RequestKey />
      <input type="hidden" name="intent" value={intent} />
      <input type="hidden" name="type" value={type} />
      <WriteButton label={label} pending={pending}>
        {words}
      </WriteButton>
    </Form>
  );
}

function PauseForm({ type, problem }: { type: SyncType; problem: PauseProblem | null }) {
  const { search } = useLocation();
  const pending = usePending(type, "pause");
  const { name } = SYNC_SCHEDULE[type];
  const id = useId();
  return (
    <details name="pause" className={classes.pause} open={problem !== null || undefined}>
      <summary aria-label={`Pause: ${name}`}>Pause…</summary>
      <Form method="post" action={`/syncs${search}`} preventScrollReset className={classes.form}>
        <input type="hidden" name="intent" value="pause" />
        <input type="hidden" name="type" value={type} />
        <div className={fields.field}>
          <label htmlFor={id} className={fields.label}>
            Reason (optional)
          </label>
          <input
            id={id}
            name="reason"
            placeholder="Why its schedule is to stop"
            autoComplete="off"
            maxLength={REASON_LENGTH}
            defaultValue={problem?.reason}
            className={fields.input}
            aria-invalid={problem !== null || undefined}
            aria-describedby={problem ? `${id}-error` : undefined}
          />
          {problem && (
            <p id={`${id}-error`} className={fields.error}>
              {problem.error}
            </p>
          )}
        </div>
        <p className={classes.note}>
          A run under way goes on, and Run now still works. Nothing is lost: the first run after the
          pause reads on from where the data ends.
        </p>
        <WriteButton label={`Pause the schedule: ${name}`} pending={pending}>
          Pause the schedule
        </WriteButton>
      </Form>
    </details>
  );
}

function usePending(type: SyncType, intent: Intent): boolean {
  const { formMethod, formData } = useNavigation();
  return (
    formMethod === "POST" && formData?.get("type") === type && formData.get("intent") === intent
  );
}
