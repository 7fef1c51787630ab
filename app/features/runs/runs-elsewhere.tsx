import { Button } from "@mantine/core";
import { Empty } from "~/components/empty.tsx";

/** Stands in place of the runs where an Inngest server does the work: it has them, and a dashboard for them. */
export function RunsElsewhere({ dashboard }: { dashboard: string }) {
  return (
    <Empty
      framed
      title="An Inngest server does the work"
      why="The environment names one, so the embedded engine is off and runs are not kept here. Its dashboard shows every run with its steps, and reruns and cancels them."
      action={
        <Button component="a" href={dashboard} rel="noreferrer" target="_blank">
          Open its dashboard
        </Button>
      }
    />
  );
}
