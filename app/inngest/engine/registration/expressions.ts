import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { isStorable } from "../events/storable.ts";
import { InvalidInputError, messageOf } from "../http/invalid-input.ts";
import type { EngineEvent, Expression, ExpressionScope } from "../types.ts";

const MAX_CACHED = 1000;
/** Matches are looked up in an index, whose entries have to stay small. */
const MAX_MATCH_LENGTH = 200;

const environment = new Environment({ homogeneousAggregateLiterals: false })
  .registerVariable("event", "dyn")
  .registerVariable("async", "dyn");

type Compiled = { expression: Expression; ast: ASTNode };
const cache = new Map<string, Compiled>();

/** The library asks `constructor` for the kind of a value, so an object with a field of that name has to be a map. */
function evaluable(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(evaluable);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, field]) => [key, evaluable(field)] as const);
  if (Object.hasOwn(value, "constructor")) return new Map(entries);
  const fields: Record<string, unknown> = { ...value };
  return entries.some(([key, field]) => field !== fields[key])
    ? Object.fromEntries(entries)
    : value;
}

const evaluables = new WeakMap<EngineEvent, unknown>();

function evaluableEvent(event: EngineEvent): unknown {
  const known = evaluables.get(event);
  if (known !== undefined) return known;
  const made = evaluable(event);
  evaluables.set(event, made);
  return made;
}

/** The value of an expression as JSON has it; times are ISO texts, durations texts in seconds. */
function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return toJson(Object.fromEntries(value));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, toJson(field)]));
  }
  const primitive: unknown = value.valueOf();
  return typeof primitive === "bigint" ? Number(primitive) : String(value);
}

function invalid(text: string, error: unknown): InvalidInputError {
  const reason = messageOf(error).split("\n")[0];
  return new InvalidInputError(`expression "${text}" cannot be read: ${reason}`);
}

function compile(text: string): Compiled {
  const known = cache.get(text);
  if (known) return known;
  let parsed: ReturnType<Environment["parse"]>;
  try {
    parsed = environment.parse(text);
  } catch (error) {
    throw invalid(text, error);
  }
  const check = parsed.check();
  if (!check.valid) throw invalid(text, check.error);
  // An evaluation error is a missing field or a wrong type, and both mean "no value". They are frequent, and their stacks costly.
  const evaluate = ({ event, async }: ExpressionScope): unknown => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return parsed({
        event: evaluableEvent(event),
        async: async === undefined ? undefined : evaluableEvent(async),
      });
    } catch {
      return undefined;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
  const expression: Expression = {
    text,
    test: (scope) => evaluate(scope) === true,
    value: (scope) => toJson(evaluate(scope)),
  };
  const compiled = { expression, ast: parsed.ast };
  for (const oldest of cache.keys()) {
    if (cache.size < MAX_CACHED) break;
    cache.delete(oldest);
  }
  cache.set(text, compiled);
  return compiled;
}

/**
 * Compiles a CEL expression (https://github.com/google/cel-spec) on the variables `event` and `async`. JSON numbers are doubles, which
 * compare with whole numbers; as in CEL, `a || b` is true where one side is true, though the other cannot be evaluated.
 * Throws `InvalidInputError` where it cannot be parsed, or uses variables or functions that do not exist.
 */
export function compileExpression(text: string): Expression {
  return compile(text).expression;
}

/** "data.orderId" for the syntax tree of `event.data.orderId`, split; null where it is not a plain path of the variable. */
function pathOf(node: ASTNode, variable: "event" | "async"): string[] | null {
  if (node.op === "id") return node.args === variable ? [] : null;
  if (node.op !== "." && node.op !== "[]") return null;
  const [target, key] = node.args;
  const name = typeof key === "string" ? key : key.op === "value" ? key.args : null;
  const path = typeof name === "string" && !name.includes(".") ? pathOf(target, variable) : null;
  return path === null || typeof name !== "string" ? null : [...path, name];
}

function conjuncts(node: ASTNode): ASTNode[] {
  return node.op === "&&" ? node.args.flatMap(conjuncts) : [node];
}

/** Strings of which all parts of the engine have the same idea. */
const plain = (text: string) => text.length <= MAX_MATCH_LENGTH && isStorable(text);

/** JSON of what an event has at a path like "data.orderId", where that is a string, a boolean or a safe integer; otherwise null. */
export function matchValue(event: EngineEvent, path: readonly string[]): string | null {
  let value: unknown = event;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value === "string") return plain(value) ? JSON.stringify(value) : null;
  return typeof value === "boolean" || Number.isSafeInteger(value) ? JSON.stringify(value) : null;
}

/**
 * What an event must have for the expression to be true with this triggering event: where one of the conditions joined by `&&` is
 * `event.<path> == async.<path>` (in either order; the SDK writes `match` so), the path on the later event and the JSON of the value
 * there. Null = nothing that could be looked up; only the expression decides. Throws `InvalidInputError`.
 */
export function matchOf(
  expression: string,
  trigger: EngineEvent,
): { path: string; value: string } | null {
  for (const node of conjuncts(compile(expression).ast)) {
    if (node.op !== "==") continue;
    const [left, right] = node.args;
    const own = pathOf(left, "event") ?? pathOf(right, "event");
    const later = pathOf(right, "async") ?? pathOf(left, "async");
    if (own === null || later === null) continue;
    const value = matchValue(trigger, own);
    const path = later.join(".");
    if (value !== null && path !== "" && plain(path)) return { path, value };
  }
  return null;
}
