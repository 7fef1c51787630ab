import { Button, FileButton, Group, Stack, Text } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useRef, useState } from "react";
import { Form, useNavigation } from "react-router";
import { Notice } from "~/components/notice.tsx";
import textBox from "~/components/text-box.module.css";
import { WriteButton } from "~/components/writes.tsx";
import { decodeList } from "./decode-list.ts";

/** A larger file is not even read; what the server accepts is for it to say. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;

const EXAMPLE = `address,label
0x1f3a5c7e9b2d4f6081a3c5e7092b4d6f8a1c3e5f,Early bird
0x9c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b,"Smith, J."`;

/**
 * The list to import, pasted or read from a file in the browser, on its way to a preview.
 * @param refused why the list that was sent cannot be used
 */
export function ImportForm({ text, refused }: { text: string; refused?: string | null }) {
  const { formData } = useNavigation();
  const mounted = useMounted();
  const form = useRef<HTMLFormElement>(null);
  const list = useRef<HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const choose = async (file: File | null) => {
    if (!file || !list.current) return;
    if (file.size > MAX_FILE_BYTES) {
      setProblem(`${file.name} is larger than 1 MB. Split it and import the parts.`);
      return;
    }
    setProblem(null);
    list.current.value = decodeList(new Uint8Array(await file.arrayBuffer()));
    form.current?.requestSubmit();
  };
  const error = problem ?? refused;
  return (
    <Form method="post" action="/whales/import" ref={form}>
      <input type="hidden" name="intent" value="preview" />
      <Stack gap="sm">
        <label className={textBox.label}>
          One wallet a line: its address, then a label if you like
          <textarea
            ref={list}
            name="list"
            rows={12}
            required
            spellCheck={false}
            autoComplete="off"
            placeholder={EXAMPLE}
            defaultValue={text}
            aria-invalid={error ? true : undefined}
            aria-describedby={error ? "import-error" : undefined}
            className={textBox.box}
          />
        </label>
        {error && (
          <Notice tone="bad" id="import-error" role="alert">
            {error}
          </Notice>
        )}
        <Group gap="sm">
          <WriteButton primary pending={formData?.get("intent") === "preview"}>
            Preview
          </WriteButton>
          <FileButton onChange={choose} accept=".csv,.tsv,.txt,text/csv,text/plain">
            {(props) => (
              <Button {...props} variant="default" disabled={!mounted}>
                Choose a file
              </Button>
            )}
          </FileButton>
          <Text size="xs" c="dimmed">
            Nothing is stored before you confirm the preview. The file is read in your browser.
          </Text>
        </Group>
      </Stack>
    </Form>
  );
}
