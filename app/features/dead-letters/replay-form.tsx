import { Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Form, useNavigation } from "react-router";
import { RequestKey } from "~/components/request-key.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { formatDuration, formatElapsed } from "~/lib/format.ts";
import { lettersWords } from "./letter-words.ts";
import { lengthOf, paceOf, RATES } from "./replay-pace.ts";

/** Names a replay, sets its rate and starts it. */
export function ReplayForm({
  letters,
  values,
  problems,
}: {
  /** How many letters it would ask for. */
  letters: number;
  values: { name: string; perMinute: string };
  problems: Record<string, string>;
}) {
  const { formData } = useNavigation();
  const [perMinute, setPerMinute] = useState(values.perMinute);
  return (
    <Form method="post" noValidate>
      <RequestKey />
      <Stack gap="sm">
        <Group align="flex-start" gap="sm">
          <TextInput
            name="name"
            label="Name"
            required
            withAsterisk={false}
            autoComplete="off"
            maxLength={100}
            defaultValue={values.name}
            error={problems.name}
            style={{ flex: "3 1 260px" }}
          />
          <TextInput
            name="perMinute"
            label="Letters a minute"
            inputMode="numeric"
            autoComplete="off"
            maxLength={3}
            value={perMinute}
            onChange={(event) => setPerMinute(event.currentTarget.value)}
            error={problems.perMinute}
            style={{ flex: "0 1 140px" }}
          />
        </Group>
        <Text size="sm" c="dimmed">
          {paceWords(letters, perMinute)}
        </Text>
        <Group gap="sm">
          <WriteButton primary pending={formData?.has("perMinute")}>
            Replay {lettersWords(letters)}
          </WriteButton>
        </Group>
        <WritesNotice />
      </Stack>
    </Form>
  );
}

/** How long a replay takes at a rate, in words. */
function paceWords(letters: number, typed: string): string {
  const perMinute = Number(typed);
  if (!Number.isInteger(perMinute) || perMinute < RATES.least || perMinute > RATES.most) {
    return `The rate is a whole number from ${RATES.least} to ${RATES.most}.`;
  }
  const { batch, everyMs } = paceOf(perMinute);
  const length = lengthOf(letters, perMinute);
  if (length === 0) return "All of them are asked for at once; their runs take the time they take.";
  return `${batch} every ${words(everyMs)}: the last is asked for ${words(length)} after the first.`;
}

function words(ms: number): string {
  return ms < 60_000 ? formatDuration(ms) : formatElapsed(ms);
}
