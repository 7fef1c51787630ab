import { Group, Stack, Text } from "@mantine/core";
import { Form, Link, useNavigation } from "react-router";
import dataClasses from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Panel } from "~/components/panel.tsx";
import { Stat, Stats } from "~/components/stat.tsx";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";
import { formatCount } from "~/lib/format.ts";
import type { ImportEffect, ImportPreview as Preview } from "./import.server.ts";
import classes from "./import-preview.module.css";

const WALLET_COLUMNS = [
  { label: "Line", numeric: true },
  { label: "Address" },
  { label: "Label" },
  { label: "What happens" },
];

const PROBLEM_COLUMNS = [
  { label: "Line", numeric: true },
  { label: "What it says" },
  { label: "Why it is left out" },
];

/**
 * What an import would do, line by line, with the buttons that do it or lead back to the list.
 * @param text the list as it was sent; it goes along, and is checked again when it is confirmed
 */
export function ImportPreview({ text, preview }: { text: string; preview: Preview }) {
  const { counts, wallets, problems } = preview;
  const usable = counts.new + counts.refollow + counts.followed;
  return (
    <Stack>
      <Stats>
        <Stat name="New" value={formatCount(counts.new)} />
        <Stat name="Followed again" value={formatCount(counts.refollow)} />
        <Stat name="Followed already" value={formatCount(counts.followed)} />
        <Stat name="Labels that differ" value={formatCount(counts.relabel)} />
        <Stat name="Lines left out" value={formatCount(counts.problems)} />
      </Stats>
      <Confirm text={text} preview={preview} />
      {problems.length > 0 && (
        <Panel title="Lines that are left out" description={shownOf(problems, counts.problems)}>
          <DataTable caption="Left-out lines, and why" columns={PROBLEM_COLUMNS}>
            {problems.map(({ line, text, message }) => (
              <tr key={line}>
                <td className={`${dataClasses.num} ${classes.line}`}>{line}</td>
                <td className={`${dataClasses.wide} ${dataClasses.mono}`}>{text}</td>
                <td className={dataClasses.wide}>{message}</td>
              </tr>
            ))}
          </DataTable>
        </Panel>
      )}
      {wallets.length > 0 && (
        <Panel title="Wallets" description={shownOf(wallets, usable)}>
          <DataTable caption="Wallets of the list" columns={WALLET_COLUMNS}>
            {wallets.map((wallet) => (
              <tr key={wallet.line}>
                <td className={`${dataClasses.num} ${classes.line}`}>{wallet.line}</td>
                <td className={`${dataClasses.mono} ${classes.address}`}>
                  {wallet.id === null ? (
                    wallet.address
                  ) : (
                    <Link to={`/whales/${wallet.id}`}>{wallet.address}</Link>
                  )}
                </td>
                <td className={dataClasses.wide}>
                  {wallet.label ?? <Missing why="the list gives no label" />}
                </td>
                <td>
                  <Effect wallet={wallet} />
                </td>
              </tr>
            ))}
          </DataTable>
        </Panel>
      )}
    </Stack>
  );
}

function Confirm({ text, preview: { counts } }: { text: string; preview: Preview }) {
  const { formData } = useNavigation();
  const changes = counts.new + counts.refollow;
  const labels = counts.labelled + counts.relabel;
  return (
    <Form method="post" action="/whales/import">
      <textarea name="list" hidden readOnly value={text} />
      <Stack gap="xs">
        {counts.relabel > 0 && (
          <label>
            <input type="checkbox" name="relabel" value="yes" defaultChecked /> Replace the labels
            that differ
          </label>
        )}
        <Group gap="sm">
          {changes + labels > 0 && (
            <WriteButton
              primary
              name="intent"
              value="import"
              pending={formData?.get("intent") === "import"}
            >
              {changes > 0
                ? `Follow ${formatCount(changes)} ${changes === 1 ? "wallet" : "wallets"}`
                : "Update the labels"}
            </WriteButton>
          )}
          <WriteButton name="intent" value="edit">
            Back to the list
          </WriteButton>
          {changes + labels === 0 && (
            <Text size="sm">
              {counts.followed > 0
                ? "There is nothing to do: every wallet of the list is followed already."
                : "No line of the list can be used."}
            </Text>
          )}
        </Group>
        <WritesNotice />
      </Stack>
    </Form>
  );
}

function Effect({ wallet: { effect, oldLabel, labelled } }: { wallet: ImportEffect }) {
  const words = { new: "new", refollow: "followed again", followed: "followed already" }[effect];
  return (
    <>
      {words}
      {labelled && <span className={dataClasses.sub}>gets this label</span>}
      {oldLabel !== null && <span className={dataClasses.sub}>its label is “{oldLabel}”</span>}
    </>
  );
}

function shownOf(shown: readonly unknown[], total: number): string | undefined {
  if (shown.length === total) return undefined;
  return `The first ${formatCount(shown.length)} of ${formatCount(total)}.`;
}
