import { openDatabase } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";

// Opens the data folder it is given and writes rows for ever, each address printed once it is committed.
const [dataDir = "", templateFile] = process.argv.slice(2);
const { db } = await openDatabase({
  dataDir,
  world: "live",
  migrationsDir: "prisma/migrations",
  templateFile,
  logger: createLogger("silent"),
});
for (let index = await db.whale.count(); ; index++) {
  await db.$transaction(async (tx) => {
    const whale = await tx.whale.create({
      data: { venue: "opinion", address: `0x${index}`, source: "manual" },
    });
    await tx.whaleStats.create({
      data: { whaleId: whale.id, window: "all", computedAt: new Date() },
    });
  });
  process.stdout.write(`0x${index}\n`);
}
