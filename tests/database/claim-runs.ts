import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "~/generated/prisma/client.ts";
import { ensureIdempotent } from "~/reliability/idempotency.server.ts";

// Asks for the same work many times at once, as soon as it is told to, and reports what it was answered.
export type Claims = { connection: pg.PoolConfig; name: string; key: string; count: number };

const { connection, name, key, count }: Claims = JSON.parse(process.argv[2] ?? "");
const pool = new pg.Pool({ ...connection, max: 10 });
const db = new PrismaClient({ adapter: new PrismaPg(pool) });
await db.$queryRaw`SELECT 1`;
process.send?.("ready");
await new Promise((resolve) => process.once("message", resolve));
const now = new Date();
const answers = await Promise.all(
  Array.from({ length: count }, (_, n) =>
    ensureIdempotent(db, {
      action: "sync-markets",
      idempotencyKey: key,
      correlationId: `${name}-${n}`,
      inngestRunId: `${name}-${n}`,
      now,
      expiresAt: new Date(now.getTime() + 60_000),
    }),
  ),
);
process.send?.(answers.map(({ id, state }) => ({ id, state })));
await pool.end();
process.disconnect();
