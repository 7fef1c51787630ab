import type { EngineEvent, FunctionDefinition, Trigger } from "./types.ts";

/** The one expression the SDK itself writes (for `onFailure`), and the only one understood here. */
const FUNCTION_ID_EXPRESSION =
  /^\s*event\.data\.function_id\s*==\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*$/;

/** The function id that an `if` expression of the form `event.data.function_id == 'id'` asks for; null for any other expression. */
export function functionIdOfExpression(expression: string): string | null {
  const match = FUNCTION_ID_EXPRESSION.exec(expression);
  return match ? (match[1] ?? match[2] ?? null) : null;
}

/** Names end in a wildcard ("shop/*", "user.*") or have none. */
export function isTriggerName(name: string): boolean {
  return name !== "" && !/\*(?!$)/.test(name) && (!name.endsWith("*") || /[/.]\*$/.test(name));
}

function matches(trigger: Trigger, event: EngineEvent): boolean {
  if ("cron" in trigger) return false;
  const nameMatches = trigger.event.endsWith("*")
    ? event.name.startsWith(trigger.event.slice(0, -1))
    : event.name === trigger.event;
  return (
    nameMatches &&
    (trigger.onlyFunctionId === null || event.data.function_id === trigger.onlyFunctionId)
  );
}

/** The functions an event starts; each at most once, however many of its triggers match. */
export function functionsFor(
  functions: Iterable<FunctionDefinition>,
  event: EngineEvent,
): FunctionDefinition[] {
  return [...functions].filter((definition) =>
    definition.triggers.some((trigger) => matches(trigger, event)),
  );
}
