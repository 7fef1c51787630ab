type Sample = { name: string; labels: Record<string, string>; value: number };

/**
 * Reads Prometheus's text format.
 * @throws for a line that is none of it
 */
export function parseMetrics(text: string) {
  const types = new Map<string, string>();
  const help = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split("\n").filter(Boolean)) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (comment) {
      const [, kind, name = "", rest = ""] = comment;
      const into = kind === "HELP" ? help : types;
      if (into.has(name)) throw new Error(`${name} has two lines of ${kind}`);
      into.set(name, rest);
    } else if (sample) {
      const [, name = "", labels = "", value] = sample;
      const pairs = labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g);
      const entries = [...pairs].map(([, key = "", content = ""]) => [key, content]);
      samples.push({ name, labels: Object.fromEntries(entries), value: Number(value) });
    } else {
      throw new Error(`not Prometheus's text format: ${line}`);
    }
  }
  return { types, help, samples };
}

/** What `promtool check metrics` finds fault with, as far as it concerns names, types, help texts and doubles. */
export function problemsOfMetrics(text: string): string[] {
  const { types, help, samples } = parseMetrics(text);
  const problems: string[] = [];
  for (const [name, type] of types) {
    if (!help.get(name)) problems.push(`${name}: no help text`);
    if (type === "counter" && !name.endsWith("_total")) problems.push(`${name}: no _total`);
    if (type !== "counter" && name.endsWith("_total")) problems.push(`${name}: not a counter`);
    if (/[A-Z:]/.test(name)) problems.push(`${name}: capitals or colons`);
    if (
      /(milli|micro|nano)?(ms|secs|minutes|hours|kilobytes|mb)(_|$)|_(count|sum|bucket|info)$/.test(
        name,
      )
    ) {
      problems.push(`${name}: no base unit, or a suffix that is taken`);
    }
  }
  const seen = new Set<string>();
  for (const { name, labels, value } of samples) {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    if (!types.has(name) && types.get(family) !== "histogram") problems.push(`${name}: no type`);
    if (Number.isNaN(value)) problems.push(`${name}: not a number`);
    const key = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(key)) problems.push(`${name}: twice with the same labels`);
    seen.add(key);
  }
  return problems;
}
