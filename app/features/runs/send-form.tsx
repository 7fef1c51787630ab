import { Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { Form, useNavigation } from "react-router";
import { Notice } from "~/components/notice.tsx";
import { RequestKey } from "~/components/request-key.tsx";
import textBox from "~/components/text-box.module.css";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import type { EventField } from "./event-fields.ts";
import classes from "./send-form.module.css";
import type { SendProblems, SendForm as Typed } from "./send-input.ts";

/** The data of one event, by its fields or as JSON, on its way to the job engine. */
export function SendForm({
  event,
  fields,
  form,
  problems,
}: {
  event: string;
  fields: readonly EventField[];
  form: Typed;
  problems: SendProblems;
}) {
  const { formData } = useNavigation();
  const intent = formData?.get("intent");
  return (
    <Form method="post" action={`/runs/send?${new URLSearchParams({ event })}`} noValidate>
      <RequestKey />
      <input type="hidden" name="event" value={event} />
      <input type="hidden" name="mode" value={form.mode} />
      <Stack gap="sm">
        {form.mode === "json" ? (
          <JsonField text={form.text} wrong={problems.whole.length > 0} />
        ) : (
          <Fields fields={fields} form={form} problems={problems} />
        )}
        <TextInput
          name="id"
          label="Event id (optional)"
          description="Sent again under the same id within 24 hours it starts nothing."
          inputWrapperOrder={["label", "input", "description", "error"]}
          autoComplete="off"
          spellCheck={false}
          defaultValue={form.id}
          error={problems.fields.id}
          className={classes.field}
        />
        {problems.whole.length > 0 && (
          <Notice tone="bad" id="send-problems" role="alert">
            {problems.whole.map((problem) => (
              <div key={problem}>{problem}</div>
            ))}
          </Notice>
        )}
        <Group gap="sm">
          <WriteButton primary name="intent" value="send" pending={intent === "send"}>
            Send the event
          </WriteButton>
          <WriteButton name="intent" value="switch" pending={intent === "switch"}>
            {form.mode === "json" ? "Fill in fields instead" : "Edit as JSON instead"}
          </WriteButton>
        </Group>
        <WritesNotice />
      </Stack>
    </Form>
  );
}

function Fields({
  fields,
  form,
  problems,
}: {
  fields: readonly EventField[];
  form: Typed;
  problems: SendProblems;
}) {
  if (fields.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The event takes no data.
      </Text>
    );
  }
  return fields.map((field) => (
    <Field
      key={field.name}
      field={field}
      value={form.values[field.name] ?? ""}
      error={problems.fields[`data.${field.name}`]}
    />
  ));
}

function Field({ field, value, error }: { field: EventField; value: string; error?: string }) {
  const common = {
    name: `data.${field.name}`,
    label: field.required ? field.name : `${field.name} (optional)`,
    description: field.description ?? undefined,
    defaultValue: value,
    error,
    className: classes.field,
  };
  switch (field.kind) {
    case "choice":
      return <NativeSelect {...common} data={choices(field.options, field.required, value)} />;
    case "boolean":
      return <NativeSelect {...common} data={choices(["true", "false"], field.required, value)} />;
    case "json":
      return (
        <label className={textBox.label}>
          {common.label}, as JSON
          <textarea
            name={common.name}
            rows={4}
            defaultValue={value}
            spellCheck={false}
            aria-invalid={error ? true : undefined}
            className={textBox.box}
          />
          {error && <span className={classes.error}>{error}</span>}
        </label>
      );
    default:
      return (
        <TextInput
          {...common}
          required={field.required}
          withAsterisk={false}
          inputMode={field.kind === "number" ? "decimal" : undefined}
          autoComplete="off"
          spellCheck={false}
        />
      );
  }
}

/** What was typed elsewhere (as JSON) and is none of the options is kept, for the schema to refuse. */
function choices(options: readonly string[], required: boolean, value: string) {
  const other = value !== "" && !options.includes(value) ? [value] : [];
  const all = [...options, ...other].map((option) => ({ value: option, label: option }));
  return required ? all : [{ value: "", label: "—" }, ...all];
}

function JsonField({ text, wrong }: { text: string; wrong: boolean }) {
  return (
    <label className={textBox.label}>
      Data, as a JSON object
      <textarea
        name="text"
        rows={10}
        defaultValue={text}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong ? "send-problems" : undefined}
        className={textBox.box}
      />
    </label>
  );
}
