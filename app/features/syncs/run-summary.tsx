import { CopyableId } from "~/components/copyable-id.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { Notice } from "~/components/notice.tsx";
import { Panel } from "~/components/panel.tsx";
import { Stat, Stats } from "~/components/stat.tsx";
import { Status } from "~/components/status.tsx";
import { UtcTime } from "~/components/time.tsx";
import { formatCount, formatElapsed, sentence } from "~/lib/format.ts";
import type { SyncItem } from "./queries.server.ts";
import styles from "./run-summary.module.css";
import { errorText, runWords } from "./run-words.ts";
import { Figure, Took, TRIGGER_WORDS } from "./sync-table.tsx";

const TONES: Partial<Record<SyncItem["status"], "bad" | "warn" | "neutral">> = {
  failed: "bad",
  incomplete: "warn",
  skipped: "neutral",
};

/** How a run stands: its status, and for one that completed what it did. */
export function RunLine({ sync }: { sync: SyncItem }) {
  const words = sync.status === "completed" ? [runWords(sync).meaning, sync.note] : [];
  return (
    <p className={styles.line}>
      <Status value={sync.status} /> {words.filter(Boolean).join(" ")}
    </p>
  );
}

/**
 * What a run did, how it ended in words, and what follows from that.
 * @param retrying a step of it failed and is to be tried again
 * @param now the server's clock when it read the run, epoch milliseconds
 */
export function RunSummary({
  sync,
  retrying,
  now,
}: {
  sync: SyncItem;
  retrying: boolean;
  now: number;
}) {
  const quiet = sync.status === "skipped";
  return (
    <>
      {sync.status !== "completed" && <Explanation sync={sync} retrying={retrying} />}
      <Stats>
        {sync.status === "running" ? (
          <Stat
            name="Running for"
            value={formatElapsed(Math.max(0, now - Date.parse(sync.startedAt)))}
            note={<Steps sync={sync} />}
          />
        ) : (
          <Stat name="Took" value={<Took sync={sync} />} note={<Steps sync={sync} />} />
        )}
        <Stat
          name="Requests"
          value={<Figure value={sync.requests} quiet={quiet} />}
          note={quiet ? undefined : <Pages pages={sync.pages} />}
        />
        <Stat
          name="Fetched"
          value={<Figure value={sync.fetched} quiet={quiet} />}
          note={quiet ? undefined : "rows"}
        />
        <Stat name="New" value={<Figure value={sync.created} quiet={quiet} />} />
        <Stat name="Updated" value={<Figure value={sync.updated} quiet={quiet} />} />
        <Stat
          name="Duplicate"
          value={<Figure value={sync.duplicate} quiet={quiet} />}
          note={quiet ? undefined : "stored already"}
        />
        <Stat
          name="Quarantined"
          value={<Figure value={sync.quarantined} quiet={quiet} />}
          note={sync.fetched > 0 && sync.quarantined === 0 && "every row fitted its schema"}
        />
      </Stats>
      <Panel title="Run">
        <Facts>
          <Fact name="Started">
            <UtcTime at={sync.startedAt} missing="" />
          </Fact>
          <Fact name="Finished">
            <UtcTime at={sync.finishedAt} missing="still running" />
          </Fact>
          <Fact name="Trigger">{TRIGGER_WORDS[sync.trigger]}</Fact>
          <Fact name="Correlation id">
            <CopyableId id={sync.correlationId} label="Copy the correlation id" />
          </Fact>
        </Facts>
      </Panel>
    </>
  );
}

/** Wallets are asked of other runs, so their number is known beforehand; of other work it is not. */
function Steps({ sync }: { sync: SyncItem }) {
  if (sync.partsTotal === 0) return null;
  const failed = sync.partsFailed > 0 ? `, ${formatCount(sync.partsFailed)} failed` : "";
  return `${formatCount(sync.partsDone)} of ${formatCount(sync.partsTotal)} wallets${failed}`;
}

function Pages({ pages }: { pages: number | null }) {
  if (pages === null) return "pages not recorded";
  return pages === 1 ? "1 page" : `${formatCount(pages)} pages`;
}

function Explanation({ sync, retrying }: { sync: SyncItem; retrying: boolean }) {
  const { meaning, next } = runWords(sync);
  const again = retrying && "Steps that failed are tried again; what stopped them is below.";
  const error = errorText(sync);
  return (
    <Notice
      tone={TONES[sync.status] ?? (sync.errorCode || retrying ? "warn" : "info")}
      role="status"
      title={error || meaning}
    >
      {[error && meaning, sync.note && sentence(sync.note), next, again].filter(Boolean).join(" ")}
    </Notice>
  );
}
