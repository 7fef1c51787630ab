import { z } from "zod";
import { indented, parseJson } from "./json-text.ts";

/** A field of an event's data as a form asks for it. */
export type EventField = {
  name: string;
  required: boolean;
  /** What the schema says of it, for people; null = nothing. */
  description: string | null;
} & (
  | { kind: "choice"; options: string[] }
  /** `json`: anything that has no field of its own, typed as JSON. */
  | { kind: "text" | "number" | "boolean" | "json" }
);

/** The fields of an event's data as they were typed. */
export type FieldValues = Record<string, string>;

/** The form's fields for a schema; each property of the data is one. */
export function eventFields(schema: z.ZodObject): EventField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    ...shapeOf(typeof property === "object" ? property : {}),
  }));
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

function shapeOf(property: JsonSchema): ShapeOf<EventField> {
  const description = property.description ?? null;
  const options = property.enum ?? (property.const === undefined ? undefined : [property.const]);
  if (options?.every((option) => typeof option === "string")) {
    return { kind: "choice", options, description };
  }
  if (property.type === "string") return { kind: "text", description };
  if (property.type === "integer" || property.type === "number") {
    return { kind: "number", description };
  }
  return { kind: property.type === "boolean" ? "boolean" : "json", description };
}

type ShapeOf<Field> = Field extends unknown ? Omit<Field, "name" | "required"> : never;

/** What the fields stand for. What cannot be read as its kind is left as typed, for the schema to refuse; an empty field is left out. */
export function dataOfFields(
  fields: readonly EventField[],
  values: FieldValues,
): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const field of fields) {
    const typed = values[field.name] ?? "";
    if (typed.trim() !== "") data[field.name] = readField(field.kind, typed);
  }
  return data;
}

function readField(kind: EventField["kind"], typed: string): unknown {
  switch (kind) {
    case "number":
      return Number.isNaN(Number(typed)) ? typed : Number(typed);
    case "boolean":
      return typed === "true" ? true : typed === "false" ? false : typed;
    case "json":
      return parseJson(typed) ?? typed;
    default:
      return typed;
  }
}

/** The fields that stand for data: what `dataOfFields` reads back. */
export function fieldsOfData(
  fields: readonly EventField[],
  data: Record<string, unknown>,
): FieldValues {
  return Object.fromEntries(
    fields.flatMap(({ name, kind }) => {
      const value = data[name];
      if (value === undefined) return [];
      const plain = typeof value === "string" && kind !== "json";
      return [[name, plain ? value : (indented(value) ?? "")]];
    }),
  );
}

/** Whether the fields have room for all of the data. */
export function fitsFields(fields: readonly EventField[], data: Record<string, unknown>): boolean {
  return Object.keys(data).every((name) => fields.some((field) => field.name === name));
}
