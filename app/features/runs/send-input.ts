import type { z } from "zod";
import {
  dataOfFields,
  type EventField,
  eventFields,
  type FieldValues,
  fieldsOfData,
  fitsFields,
} from "./event-fields.ts";
import { indented, parseJson } from "./json-text.ts";

/** The form that sends an event, as it was typed. */
export type SendForm = {
  mode: "fields" | "json";
  values: FieldValues;
  /** The data as JSON, in the mode of that name. */
  text: string;
  /** The event's own id; "" = none. */
  id: string;
};

/** What is wrong with a form: by field, and with the whole of it. */
export type SendProblems = { fields: Record<string, string>; whole: string[] };

export const NO_PROBLEMS: SendProblems = { fields: {}, whole: [] };

const MAX_ID = 200;
/** Of a field of the data in the body of the form. */
const PREFIX = "data.";

/** The form that stands for the data of an event. */
export function formOfData(fields: readonly EventField[], data: Record<string, unknown>): SendForm {
  return {
    mode: fitsFields(fields, data) ? "fields" : "json",
    values: fieldsOfData(fields, data),
    text: indented(data) ?? "{}",
    id: "",
  };
}

/** The form in the fields of a submitted body. */
export function formOfBody(body: Record<string, string>): SendForm {
  const values = Object.entries(body).flatMap(([name, value]) =>
    name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value]] : [],
  );
  return {
    mode: body.mode === "json" ? "json" : "fields",
    values: Object.fromEntries(values),
    text: body.text ?? "",
    id: body.id ?? "",
  };
}

/** The same form in the other mode; where what was typed is no JSON object, or has more than the fields, it stays and says so. */
export function otherMode(
  fields: readonly EventField[],
  form: SendForm,
): { form: SendForm; problems: SendProblems } {
  if (form.mode === "fields") {
    const text = indented(dataOfFields(fields, form.values)) ?? "{}";
    return { form: { ...form, mode: "json", text }, problems: NO_PROBLEMS };
  }
  const data = objectOf(form.text);
  if (data === null) return { form, problems: wholeProblem(NOT_AN_OBJECT) };
  if (!fitsFields(fields, data)) {
    return { form, problems: wholeProblem("The fields have no room for all of this.") };
  }
  const values = fieldsOfData(fields, data);
  return { form: { ...form, mode: "fields", values }, problems: NO_PROBLEMS };
}

/**
 * The data that a form stands for, held against the event's schema.
 * @returns the data as typed, or what is wrong with it
 */
export function checkForm(
  schema: z.ZodObject,
  form: SendForm,
): { data: Record<string, unknown>; problems: null } | { data: null; problems: SendProblems } {
  const problems: SendProblems = { fields: {}, whole: [] };
  if (form.id.length > MAX_ID || /\p{Cc}/u.test(form.id)) {
    problems.fields.id = `must have at most ${MAX_ID} characters, no control characters`;
  }
  const data =
    form.mode === "json" ? objectOf(form.text) : dataOfFields(eventFields(schema), form.values);
  if (data === null) problems.whole.push(NOT_AN_OBJECT);
  const checked = schema.safeParse(data ?? {});
  for (const issue of (data && checked.error?.issues) || []) {
    const [field] = issue.path;
    const words = wordsOf(issue, issue.path.length > 1 || data?.[String(field)] !== undefined);
    if (form.mode === "json" || field === undefined) {
      problems.whole.push(`${issue.path.join(".") || "data"}: ${words}`);
    } else {
      problems.fields[`${PREFIX}${String(field)}`] ??= words;
    }
  }
  const sound = Object.keys(problems.fields).length === 0 && problems.whole.length === 0;
  return sound && data !== null ? { data, problems: null } : { data: null, problems };
}

const TYPES: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  string: "a text",
  array: "a JSON array",
  object: "a JSON object",
};

function wordsOf(issue: z.core.$ZodIssue, given: boolean): string {
  if (!given) return "must be filled in";
  const type = issue.code === "invalid_type" ? TYPES[issue.expected] : undefined;
  return type === undefined ? issue.message : `must be ${type}`;
}

const NOT_AN_OBJECT = 'The data must be a JSON object, as {"name": "value"}.';

function wholeProblem(words: string): SendProblems {
  return { fields: {}, whole: [words] };
}

function objectOf(text: string): Record<string, unknown> | null {
  const value = text.trim() === "" ? {} : parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return value as Record<string, unknown>;
}
