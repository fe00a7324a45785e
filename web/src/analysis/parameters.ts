/** Fields of a form from an algorithm's JSON Schema of parameters (as pydantic writes it). */

export type ParameterField = NumberField | ChoiceField | SwitchField | TextField;

interface Base {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly initial: unknown;
}
export interface NumberField extends Base {
  readonly kind: "number";
  readonly whole: boolean;
  readonly least: number | undefined;
  readonly most: number | undefined;
}
export interface ChoiceField extends Base {
  readonly kind: "choice";
  readonly choices: readonly string[];
}
export interface SwitchField extends Base {
  readonly kind: "switch";
}
export interface TextField extends Base {
  readonly kind: "text";
}

type Schema = Readonly<Record<string, unknown>>;

/** The fields in the schema's order; properties of shapes that no form can show (objects, arrays) keep their default. */
export function parameterFields(schema: Schema): ParameterField[] {
  const properties = record(schema["properties"]);
  return Object.entries(properties).flatMap(([name, raw]) => {
    const field = fieldOf(name, resolved(record(raw), schema));
    return field === null ? [] : [field];
  });
}

function fieldOf(name: string, property: Schema): ParameterField | null {
  const base = {
    name,
    title: text(property["title"]) ?? name,
    description: text(property["description"]) ?? "",
    initial: property["default"] ?? null,
  };
  const choices = property["enum"];
  if (Array.isArray(choices)) return { ...base, kind: "choice", choices: choices.map(String) };
  switch (property["type"]) {
    case "number":
    case "integer":
      return {
        ...base,
        kind: "number",
        whole: property["type"] === "integer",
        least: numeric(property["minimum"] ?? property["exclusiveMinimum"]),
        most: numeric(property["maximum"] ?? property["exclusiveMaximum"]),
      };
    case "boolean":
      return { ...base, kind: "switch" };
    case "string":
      return { ...base, kind: "text" };
    default:
      return null;
  }
}

/** Follow `$ref`, and take the shown side of "or nothing". */
function resolved(property: Schema, root: Schema): Schema {
  const { $ref: reference, anyOf, allOf, ...own } = property;
  if (typeof reference === "string") {
    const target = record(record(root["$defs"])[reference.replace("#/$defs/", "")]);
    return { ...resolved(target, root), ...own };
  }
  const options = Array.isArray(anyOf) ? anyOf : Array.isArray(allOf) ? allOf : [];
  const shown = options.map(record).find((option) => option["type"] !== "null");
  return shown === undefined ? property : { ...resolved(shown, root), ...own };
}

/** Only what differs from the defaults is sent, so that a reading says what the reader changed. */
export function changedParameters(
  fields: readonly ParameterField[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter((field) => field.name in values && values[field.name] !== field.initial && values[field.name] !== "")
      .map((field) => [field.name, values[field.name]]),
  );
}

function record(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numeric(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
