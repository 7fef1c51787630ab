import type { ReactNode } from "react";
import { Link } from "react-router";
import { CopyableId } from "~/components/copyable-id.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { Missing } from "~/components/missing.tsx";
import { UtcTime } from "~/components/time.tsx";
import { LETTER_DAYS } from "./letter-limits.ts";
import type { LetterDetail } from "./queries.server.ts";

const DAY_MS = 86_400_000;

/**
 * Where a letter comes from and what it belongs to.
 * @param run how the page names the run that failed
 */
export function LetterFacts({ letter, run }: { letter: LetterDetail; run: ReactNode }) {
  const keptUntil = new Date(Date.parse(letter.failedAt) + LETTER_DAYS * DAY_MS).toISOString();
  return (
    <Facts>
      <Fact name="Failed">
        <UtcTime at={letter.failedAt} missing="" />
      </Fact>
      <Fact name="Kept until">
        <UtcTime at={keptUntil} missing="" />
      </Fact>
      <Fact name="Job">{letter.functionId}</Fact>
      <Fact name="Stream">{letter.stream ?? <Missing why="not known" />}</Fact>
      <Fact name="Run that failed">{run}</Fact>
      <Fact name="Group">
        <Link to={`/dead-letters/letters?fingerprint=${letter.fingerprint}`}>
          Letters with the same cause
        </Link>
      </Fact>
      {letter.beforeIds.length > 0 && (
        <Fact name="Tried before">
          {letter.beforeIds.map((id, place) => (
            <span key={id}>
              {place > 0 && ", "}
              <Link to={`/dead-letters/${id}`}>letter {id}</Link>
            </span>
          ))}
        </Fact>
      )}
      <Fact name="Idempotency key">
        <CopyableId id={letter.idempotencyKey} label="Copy the idempotency key" />
      </Fact>
      <Fact name="Correlation id">
        <CopyableId id={letter.correlationId} label="Copy the correlation id" />
      </Fact>
    </Facts>
  );
}
