import type { EngineEvent, Expression, FunctionDefinition } from "../types.ts";

/** Names end in a wildcard ("shop/*", "user.*") or have none. */
export function isTriggerName(name: string): boolean {
  return name !== "" && !/\*(?!$)/.test(name) && (!name.endsWith("*") || /[/.]\*$/.test(name));
}

type Listener = { order: number; definition: FunctionDefinition; condition: Expression | null };
/** The functions an event starts, in the order they were given; each once, however many of its triggers match. */
export type FunctionsFor = (event: EngineEvent) => FunctionDefinition[];

/** Names of triggers that take events of this name: itself, and a wildcard after each "/" and ".". */
export function triggerNames(eventName: string): string[] {
  const wildcards = [...eventName.matchAll(/[/.]/g)].map(
    ({ index }) => `${eventName.slice(0, index + 1)}*`,
  );
  return [eventName, ...wildcards];
}

/** Finds the functions that an event starts among these. */
export function indexTriggers(functions: Iterable<FunctionDefinition>): FunctionsFor {
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
