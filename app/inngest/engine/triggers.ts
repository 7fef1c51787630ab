import type { EngineEvent, Expression, FunctionDefinition } from "./types.ts";

/** Names end in a wildcard ("shop/*", "user.*") or have none. */
export function isTriggerName(name: string): boolean {
  return name !== "" && !/\*(?!$)/.test(name) && (!name.endsWith("*") || /[/.]\*$/.test(name));
}

/** Whether a trigger's name or wildcard takes events of this name: a wildcard takes every name that goes on after its prefix. */
export function takesName(triggerName: string, eventName: string): boolean {
  return triggerName.endsWith("*")
    ? eventName.startsWith(triggerName.slice(0, -1))
    : eventName === triggerName;
}

type Listener = { order: number; definition: FunctionDefinition; condition: Expression | null };
type FunctionsFor = (event: EngineEvent) => FunctionDefinition[];

/** Names of triggers that take events of this name: itself, and a wildcard after each "/" and ".". */
function triggerNames(eventName: string): string[] {
  const wildcards = [...eventName.matchAll(/[/.]/g)].map(
    ({ index }) => `${eventName.slice(0, index + 1)}*`,
  );
  return [eventName, ...wildcards];
}

function indexTriggers(functions: Iterable<FunctionDefinition>): FunctionsFor {
  const listeners = new Map<string, Listener[]>();
  let order = 0;
  for (const definition of functions) {
    order++;
    for (const trigger of definition.triggers) {
      if ("cron" in trigger) continue;
      const listener = { order, definition, condition: trigger.condition };
      const others = listeners.get(trigger.event);
      if (others) others.push(listener);
      else listeners.set(trigger.event, [listener]);
    }
  }
  return (event) => {
    const found = new Map<FunctionDefinition, number>();
    for (const name of triggerNames(event.name)) {
      for (const { order, definition, condition } of listeners.get(name) ?? []) {
        if (found.has(definition)) continue;
        if (condition === null || condition.test({ event })) found.set(definition, order);
      }
    }
    return [...found].sort(([, a], [, b]) => a - b).map(([definition]) => definition);
  };
}

const indexes = new WeakMap<Iterable<FunctionDefinition>, FunctionsFor>();

/**
 * The functions an event starts, in the order given; each once, however many of its triggers match. `functions` is indexed once and has
 * to stay as it is: a changed registration is another array.
 */
export function functionsFor(
  functions: Iterable<FunctionDefinition>,
  event: EngineEvent,
): FunctionDefinition[] {
  let index = indexes.get(functions);
  if (index === undefined) {
    index = indexTriggers(functions);
    indexes.set(functions, index);
  }
  return index(event);
}
