import { Group, Stack, TextInput } from "@mantine/core";
import { Form, useNavigation } from "react-router";
import { RequestKey } from "~/components/request-key.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";

/** Asks why letters are put away, and puts them away. */
export function DiscardForm({
  letters,
  reason,
  problem,
}: {
  /** What the button says: "Discard 12 letters". */
  letters: string;
  /** What was typed before. */
  reason?: string;
  problem?: string;
}) {
  const { formData } = useNavigation();
  return (
    <Form method="post" noValidate>
      <input type="hidden" name="intent" value="discard" />
      <RequestKey />
      <Stack gap="sm">
        <TextInput
          name="reason"
          label="Reason"
          description="It stays with the letters. A discard can be undone for as long as they are kept."
          inputWrapperOrder={["label", "input", "description", "error"]}
          required
          withAsterisk={false}
          autoComplete="off"
          maxLength={500}
          defaultValue={reason}
          error={problem}
        />
        <Group gap="sm">
          <WriteButton pending={formData?.get("intent") === "discard"}>{letters}</WriteButton>
        </Group>
        <WritesNotice />
      </Stack>
    </Form>
  );
}

/** Says that letters were put away, with a way back. */
export function UndoForm({
  discardKey,
  action,
  children,
}: {
  /** The discard that is undone; null = that of the page's own letter. */
  discardKey: string | null;
  /** The page that takes the form. */
  action?: string;
  children: string;
}) {
  const { formData } = useNavigation();
  return (
    <Form method="post" action={action}>
      <input type="hidden" name="intent" value="undo" />
      {discardKey !== null && <input type="hidden" name="key" value={discardKey} />}
      <WriteButton pending={formData?.get("intent") === "undo"}>{children}</WriteButton>
    </Form>
  );
}
