import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import type { SchemaEngine } from "@prisma/schema-engine-wasm";
import pg from "pg";

type EngineModule = typeof import("@prisma/schema-engine-wasm/schema_engine_bg");
type PanicRegistry = { set_message(message: string): void };

const LOADED = Symbol.for("opinion-scope.schema-engine");
/** Object id of Postgres' internal type "char", which the system catalogs use. */
const CHAR_TYPE_ID = 18;
/** Object id of the type `name`, which the adapter reads as text. */
const NAME_TYPE_ID = 19;

/**
 * Runs `work` with Prisma's own schema engine (WebAssembly) on a database.
 * @param options.connection how to reach the database; one connection is opened and closed again
 * @param options.shadow how to reach an empty database that a diff may fill with the migrations
 * @param options.schema Prisma schema files as [path, content]; needed by diffs only
 */
export async function withSchemaEngine<Result>(
  options: { connection: pg.PoolConfig; shadow?: pg.PoolConfig; schema?: [string, string][] },
  work: (engine: SchemaEngine) => Promise<Result>,
): Promise<Result> {
  const module = await loadEngine();
  const pools: pg.Pool[] = [];
  const connect = async (connection: pg.PoolConfig) => {
    const pool = new pg.Pool({ ...connection, max: 1 });
    // The engine sees a lost connection by the query that fails.
    pool.on("error", () => {});
    pools.push(pool);
    return connectAdapter(pool);
  };
  try {
    const factory: SqlMigrationAwareDriverAdapterFactory = {
      provider: "postgres",
      adapterName: "@prisma/adapter-pg",
      connect: () => connect(options.connection),
      connectToShadowDb: async () => {
        if (!options.shadow) throw new Error("This command was started without a shadow database.");
        return connect(options.shadow);
      },
    };
    const engine = await module.SchemaEngine.new(
      { datamodels: options.schema },
      () => {},
      bindMigrationAwareSqlAdapterFactory(factory),
    );
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

/** One instance per process: the module keeps the WebAssembly instance in a variable of its own. */
function loadEngine(): Promise<EngineModule> {
  const cache = globalThis as { [LOADED]?: Promise<EngineModule> };
  cache[LOADED] ??= instantiateEngine();
  return cache[LOADED];
}

async function instantiateEngine(): Promise<EngineModule> {
  // Where the engine leaves the text of a panic; the trap that follows carries none.
  const registry = globalThis as { PRISMA_WASM_PANIC_REGISTRY?: PanicRegistry };
  registry.PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message(message) {
      throw new Error(`Prisma's schema engine failed: ${message}`);
    },
  };
  const projectRequire = createRequire(path.resolve("package.json"));
  const file = projectRequire.resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const module: EngineModule = await import(/* @vite-ignore */ pathToFileURL(file).href);
  const { instance } = await WebAssembly.instantiate(
    new Uint8Array(await readFile(file.replace(/\.js$/, ".wasm"))),
    { "./schema_engine_bg.js": withoutLingeringTimers(module) },
  );
  module.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return module;
}

/** The engine never clears the 10 s timer of its advisory lock, which would keep a finished process alive that long. */
function withoutLingeringTimers(module: EngineModule): WebAssembly.ModuleImports {
  const imports = { ...module } as unknown as WebAssembly.ModuleImports;
  for (const name of Object.keys(imports)) {
    if (!name.startsWith("__wbg_setTimeout_")) continue;
    imports[name] = (callback: () => void, milliseconds: number) =>
      setTimeout(callback, milliseconds >>> 0).unref();
  }
  return imports;
}

/** The Prisma adapter with the two gaps closed that the schema engine falls into. */
async function connectAdapter(pool: pg.Pool): Promise<SqlDriverAdapter> {
  const charColumns = readCharColumnsAsText(pool);
  const adapter = await new PrismaPg(pool).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of charColumns.get(result.rows) ?? []) {
      result.columnTypes[index] = ColumnTypeEnum.Character;
    }
    return result;
  };
  // The adapter's own splits at every semicolon, also inside function bodies and strings. A query without parameters goes to Postgres
  // whole, which runs its statements in one transaction: a migration is applied entirely or not at all.
  adapter.executeScript = async (script) => {
    await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
  };
  return adapter;
}

/**
 * The adapter refuses columns of the type "char", which the engine reads from the catalogs: passes them as `name` and remembers them.
 * @returns the indexes of such columns by the array of rows they belong to
 */
function readCharColumnsAsText(pool: pg.Pool): WeakMap<object, number[]> {
  const charColumns = new WeakMap<object, number[]>();
  const query = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<pg.QueryResult>;
  const patched = async (config: pg.QueryConfig) => {
    const result = await query(config);
    // A script of several statements yields several results, which nobody reads.
    if (!result.fields) return result;
    const indexes: number[] = [];
    for (const [index, field] of result.fields.entries()) {
      if (field.dataTypeID !== CHAR_TYPE_ID) continue;
      field.dataTypeID = NAME_TYPE_ID;
      indexes.push(index);
    }
    if (indexes.length > 0) charColumns.set(result.rows, indexes);
    return result;
  };
  pool.query = patched as typeof pool.query;
  return charColumns;
}
