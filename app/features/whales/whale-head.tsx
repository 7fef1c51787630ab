import { Group, Stack, Text, TextInput } from "@mantine/core";
import { Form, useNavigation } from "react-router";
import { CopyButton } from "~/components/copy-button.tsx";
import { PageHead } from "~/components/page-head.tsx";
import { UtcTime } from "~/components/time.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { shortAddress } from "~/lib/format.ts";
import type { WhaleDetail } from "./queries.server.ts";
import classes from "./whale-head.module.css";

/** A label that was refused, and why. */
export type LabelProblem = { label: string; error: string };

/** Who the whale is, and what a person can change about it: its label, and whether it is followed. */
export function WhaleHead({
  whale,
  venueName,
  problem,
}: {
  whale: WhaleDetail;
  venueName: string;
  problem?: LabelProblem;
}) {
  const name = whale.label ?? shortAddress(whale.address);
  return (
    <Stack gap="sm">
      <PageHead
        title={name}
        description={`Positions, figures and trades of the wallet ${whale.address} at ${venueName}.`}
      >
        <p className={classes.address}>
          <span>{whale.address}</span>
          <CopyButton text={whale.address} label={`Copy the address ${whale.address}`} />
        </p>
      </PageHead>
      <div className={classes.actions}>
        <FollowForm whale={whale} />
        <LabelForm key={whale.label ?? ""} label={whale.label} problem={problem} />
      </div>
      <WritesNotice />
    </Stack>
  );
}

function FollowForm({ whale }: { whale: WhaleDetail }) {
  const { formData } = useNavigation();
  const intent = whale.followed ? "unfollow" : "follow";
  return (
    <Form method="post" preventScrollReset>
      <Group gap="sm">
        <input type="hidden" name="intent" value={intent} />
        <WriteButton pending={formData?.get("intent") === intent}>
          {whale.followed ? "Unfollow" : "Follow"}
        </WriteButton>
        <Text size="sm" c="dimmed">
          {whale.followed ? (
            <>
              Followed since <UtcTime at={whale.followedAt} missing="the time is not known" />
            </>
          ) : (
            "Not followed: no new trades are read; what is stored stays."
          )}
        </Text>
      </Group>
    </Form>
  );
}

function LabelForm({ label, problem }: { label: string | null; problem?: LabelProblem }) {
  const { formData } = useNavigation();
  const pending = formData?.get("intent") === "label";
  return (
    <details className={classes.label} open={problem !== undefined || undefined}>
      <summary>{label === null ? "Add a label" : "Edit the label"}</summary>
      <Form method="post" preventScrollReset noValidate>
        <input type="hidden" name="intent" value="label" />
        <Group align="flex-start" gap="sm">
          <TextInput
            name="label"
            aria-label="Label"
            placeholder="What you call this wallet"
            description="Only you see it; leave it empty to take the label off."
            inputWrapperOrder={["input", "description", "error"]}
            defaultValue={problem?.label ?? label ?? ""}
            error={problem?.error}
            autoComplete="off"
            size="xs"
            className={classes.field}
          />
          <div className={classes.save}>
            <WriteButton pending={pending}>Save</WriteButton>
          </div>
        </Group>
      </Form>
    </details>
  );
}
