import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { type AppError, createError } from "~/reliability/errors.ts";

/** How often the holder touches its file, and after how long without that a holder on another machine counts as gone. */
const HEARTBEAT_MS = 5_000;
const ABANDONED_AFTER_MS = 60_000;
const ATTEMPTS = 5;

export type LockHolder = {
  pid: number;
  /** When the process started, as the kernel counts it; null where that is unknown. Tells a process from a later one with its pid. */
  startedAt: string | null;
  hostname: string;
  /** Folder of the database's socket, once it listens. */
  socketDir: string | null;
};

export type FolderLock = {
  /** Lets other processes find the running database. */
  publishSocket(socketDir: string): void;
  release(): void;
};

/**
 * Makes this process the only one that uses a data folder; two would destroy the database. A lock whose holder is gone is taken over.
 * @throws {AppError} INVALID_CONFIG naming the holder when there is a living one
 */
export function lockFolder(folder: string): FolderLock {
  const file = lockFile(folder);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const mine: LockHolder = { ...thisProcess(), socketDir: null };
    if (createLock(folder, file, mine)) return holdLock(file, mine);
    const found = readHolder(file);
    if (found && isAlive(found, file)) throw lockedBy(folder, found.holder);
    if (found) removeStale(file, found.text);
  }
  throw createError(
    "SERVICE_UNAVAILABLE",
    `The data folder ${folder} is being opened by another process. Try again in a moment.`,
  );
}

const NOT_WRITABLE = ["EACCES", "EPERM", "EROFS"];

function createLock(folder: string, file: string, mine: LockHolder): boolean {
  try {
    return createExclusively(file, mine);
  } catch (error) {
    if (!NOT_WRITABLE.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw createError(
      "INVALID_CONFIG",
      `The data folder ${folder} may not be written to by this user: give it to the user that runs the server, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

/** The living holder of a data folder; null when nobody uses it. */
export function findHolder(folder: string): LockHolder | null {
  const found = readHolder(lockFile(folder));
  return found && isAlive(found, lockFile(folder)) ? found.holder : null;
}

function lockFile(folder: string): string {
  return path.join(folder, "lock");
}

function holdLock(file: string, mine: LockHolder): FolderLock {
  const touch = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // The folder was deleted under us: the database reports that itself, with its next write.
    }
  }, HEARTBEAT_MS);
  touch.unref();
  return {
    publishSocket(socketDir) {
      const next = `${file}.${process.pid}`;
      writeFileSync(next, JSON.stringify({ ...mine, socketDir }));
      renameSync(next, file);
    },
    release() {
      clearInterval(touch);
      rmSync(file, { force: true });
    },
  };
}

/** Written aside and linked: the file is there with its whole content or not at all. */
function createExclusively(file: string, holder: LockHolder): boolean {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify(holder));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(file: string): { holder: LockHolder; text: string } | null {
  try {
    const text = readFileSync(file, "utf8");
    return { holder: JSON.parse(text) as LockHolder, text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw createError(
      "INVALID_CONFIG",
      `The lock file ${file} cannot be read (${(error as Error).message}). If no Opinion Scope uses this folder, delete that file and start again.`,
      { cause: error },
    );
  }
}

/** Another process may replace the stale lock in the same moment: what is removed is checked, and put back if it was not the stale one. */
function removeStale(file: string, staleText: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, "utf8") !== staleText) linkSync(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAlive({ holder }: { holder: LockHolder }, file: string): boolean {
  if (holder.hostname !== os.hostname()) return touchedRecently(file);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const startedAt = startOf(holder.pid);
  return holder.startedAt === null || startedAt === null || holder.startedAt === startedAt;
}

function touchedRecently(file: string): boolean {
  const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && Date.now() - modified < ABANDONED_AFTER_MS;
}

function thisProcess(): Omit<LockHolder, "socketDir"> {
  return { pid: process.pid, startedAt: startOf(process.pid), hostname: os.hostname() };
}

/** Boot and clock ticks since boot at which a process started (field 22 of proc(5) stat); null without a /proc file system. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in brackets and may hold spaces.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${boot}/${ticks}`;
  } catch {
    return null;
  }
}

function lockedBy(folder: string, holder: LockHolder): AppError {
  const elsewhere = holder.hostname === os.hostname() ? "" : ` on ${holder.hostname}`;
  return createError(
    "INVALID_CONFIG",
    `The data folder ${folder} is in use by process ${holder.pid}${elsewhere}. Stop that process, or set DATA_DIR to another folder.`,
  );
}
