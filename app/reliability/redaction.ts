import { decodedPart } from "~/lib/url-part.ts";

/** The variables of the environment that hold secrets, or addresses that may contain one. */
export type SecretVariables = {
  OPINION_API_KEY?: string | undefined;
  ADMIN_TOKEN?: string | undefined;
  INNGEST_EVENT_KEY?: string | undefined;
  INNGEST_SIGNING_KEY?: string | undefined;
  WEBHOOK_SECRET?: string | undefined;
  WEBHOOK_URL?: string | undefined;
  DATABASE_URL?: string | undefined;
};

const CENSOR = "[redacted]";
/** Shorter values are everyday words ("postgres"), which must stay legible: those are removed only where they stand in an address. */
const SHORTEST_SECRET = 9;
/** A piece of a path that long is a token, as chat services have them in the addresses of their webhooks. */
const SHORTEST_PATH_TOKEN = 16;

/**
 * Removes every secret of the environment from a text: as it is, URL-encoded, inside JSON, inside base64 (as a Basic or signed header
 * carries it), and as part of an address. To be made once: what it returns is one pass over the text.
 */
export function createRedactor(variables: SecretVariables): (text: string) => string {
  const keys = [
    variables.OPINION_API_KEY,
    variables.ADMIN_TOKEN,
    variables.INNGEST_EVENT_KEY,
    variables.INNGEST_SIGNING_KEY,
    variables.WEBHOOK_SECRET,
  ].filter((key) => key !== undefined);
  const forms = [
    ...keys.flatMap(formsOf),
    ...secretsOfUrl(variables.DATABASE_URL, { withPath: false }),
    ...secretsOfUrl(variables.WEBHOOK_URL, { withPath: true }),
  ];
  return replacer(forms);
}

/** The value (as JSON has them) with every string and key in it redacted; numbers stay as they are. */
export function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [redact(key), redactValue(item, redact)]));
}

/** Replaces whatever one of the patterns matches, longer secrets first. */
function replacer(patterns: string[]): (text: string) => string {
  const distinct = [...new Set(patterns)].sort((a, b) => b.length - a.length);
  if (distinct.length === 0) return (text) => text;
  const any = new RegExp(distinct.join("|"), "g");
  return (text) => text.replace(any, CENSOR);
}

/** Patterns of a secret as it is, in JSON (in JSON …), URL-encoded and inside base64. */
function formsOf(secret: string): string[] {
  if (secret.trim() === "") return [];
  const inForm = new URLSearchParams({ "": secret }).toString().slice(1);
  const encoded = [encodeURIComponent(secret), inForm, ...base64FormsOf(secret)];
  return [inAnyDepthOfJson(secret), ...encoded.map(inEitherCase)];
}

/** Quotes, slashes and backslashes gain backslashes with every JSON that a text is put into; four deep is deeper than any here. */
function inAnyDepthOfJson(secret: string): string {
  return Array.from(secret, (character) => {
    if (character === "\\") return "\\\\{1,16}";
    return character === '"' || character === "/" ? `\\\\{0,15}${character}` : literal(character);
  }).join("");
}

/** Percent-encoding is written with either case of its digits. */
function inEitherCase(encoded: string): string {
  return literal(encoded).replace(/%[0-9A-F]{2}/g, (octet) =>
    octet.replace(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`),
  );
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The part of the secret's base64 that is the same whatever stands before and after it, for the three ways it can be aligned. */
function base64FormsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  if (bytes.length < SHORTEST_SECRET) return [];
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const from = before === 0 ? 0 : 4;
    const encoded = whole.toString("base64").slice(from, Math.floor(whole.length / 3) * 4);
    return [encoded, encoded.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Password, query values and, where asked for, the path of an address; the whole address is still told by its host. */
function secretsOfUrl(address: string | undefined, { withPath }: { withPath: boolean }): string[] {
  if (!address || !URL.canParse(address)) return [];
  const url = new URL(address);
  const inPath = withPath
    ? url.pathname.split("/").filter((piece) => piece.length >= SHORTEST_PATH_TOKEN)
    : [];
  const inQuery = withPath ? [...url.searchParams.values()] : credentialsOf(url.searchParams);
  const values = [decodedPart(url.password), ...inQuery, ...inPath];
  const inAddress = [url.password, decodedPart(url.password)]
    .filter((password) => password !== "")
    .map((password) => `(?<=:)${literal(password)}(?=@)`);
  const long = values.filter((value) => value.length >= SHORTEST_SECRET);
  return [...long.flatMap(formsOf), ...inAddress];
}

/** Of the many settings that a database's address may have, those that are secret. */
function credentialsOf(query: URLSearchParams): string[] {
  return ["password", "sslpassword"].flatMap((name) => query.getAll(name));
}
