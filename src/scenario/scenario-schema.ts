import { EXTENDING, EXTENSION, FILE } from "./form.ts";
import { type Field, fieldsOfAll, MOST_NAME, NAME, type ObjectShape, type Shape } from "./shape.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The JSON Schema of a scenario's file, made of the shapes that the reader reads it with. `node scripts/scenario-schema.ts` writes it. */
export function scenarioSchema(): Schema {
  const parts = new Parts();
  const file = objectSchema(FILE.fields, { patch: false, parts });
  const said = objectSchema(EXTENDING.fields, { patch: false, parts });
  const rest = objectSchema(EXTENSION.fields, { patch: true, parts });
  const properties = { ...(rest.properties as Schema), ...(said.properties as Schema) };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A network and a story, for halfopen simulate and halfopen lab",
    description: "docs/scenarios.md describes it",
    type: "object",
    required: ["scenario", "name"],
    if: { required: ["extends"] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { ...rest, properties, required: ["scenario", "name"] },
    else: file,
    $defs: parts.defs,
  };
}

/** Schemas of objects, each written once. */
class Parts {
  readonly #names = new Map<string, string>();
  readonly defs: Record<string, Schema> = {};

  refer(wanted: string, schema: Schema): Schema {
    const text = JSON.stringify(schema);
    const known = this.#names.get(text);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    let name = wanted;
    for (let i = 2; name in this.defs; i++) name = `${wanted}-${i}`;
    this.#names.set(text, name);
    this.defs[name] = schema;
    return { $ref: `#/$defs/${name}` };
  }
}

interface Making {
  readonly patch: boolean;
  readonly parts: Parts;
  /** What the thing is called where it is used. */
  readonly called?: string;
}

function schemaOf(shape: Shape, making: Making): Schema {
  const whole: Making = { ...making, patch: false };
  switch (shape.kind) {
    case "duration":
      return { type: "string", pattern: shape.never ? NEVER_OR_DURATION : DURATION };
    case "number":
      return { type: shape.whole ? "integer" : "number", minimum: shape.least, maximum: shape.most };
    case "flag":
      return { type: "boolean" };
    case "word":
      return { enum: shape.words };
    case "choice":
      return { enum: shape.values };
    case "text":
      return {
        type: "string",
        maxLength: shape.most,
        ...(shape.pattern === undefined ? {} : { pattern: shape.pattern }),
      };
    case "ports": {
      const port = { type: "integer", minimum: 1, maximum: 65_535 };
      return { type: "array", prefixItems: [port, port], items: false, minItems: 2, maxItems: 2 };
    }
    case "list":
      return { type: "array", items: schemaOf(shape.of, whole), minItems: shape.least, maxItems: shape.most };
    case "record": {
      const least = making.patch ? 0 : shape.least;
      const values = orNull(schemaOf(shape.of, making), making.patch);
      const names = { pattern: NAME, maxLength: MOST_NAME };
      return {
        type: "object",
        propertyNames: names,
        additionalProperties: values,
        minProperties: least,
        maxProperties: shape.most,
      };
    }
    case "object":
      return making.parts.refer(partName(making), objectSchema(shape.fields, making));
    case "union":
      return making.parts.refer(partName(making), unionSchema(shape, making));
    case "patch":
      return schemaOf(shape.of, { ...making, patch: true });
    case "whole":
      return schemaOf(shape.of, whole);
  }
}

const partName = ({ called = "part", patch }: Making): string => (patch ? `${called}-change` : called);

function objectSchema(fields: Readonly<Record<string, Field>>, making: Making, first: Schema = {}): Schema {
  const properties: Record<string, unknown> = { ...first };
  const required = Object.keys(first);
  const either: Schema[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = fieldSchema(name, field, making);
    const { shape } = field;
    const asked = field.required && field.otherwise === undefined && !making.patch;
    if (shape.kind !== "duration") {
      if (asked) required.push(name);
      continue;
    }
    const number = { type: "number", minimum: shape.least, maximum: shape.most };
    properties[`${name}Ms`] = { description: `${field.about}, in milliseconds`, ...orNull(number, making.patch) };
    if (asked) either.push({ oneOf: [{ required: [name] }, { required: [`${name}Ms`] }] });
    else either.push({ not: { required: [name, `${name}Ms`] } });
  }
  return {
    type: "object",
    additionalProperties: false,
    properties,
    ...(required.length === 0 || making.patch ? {} : { required }),
    ...(either.length === 0 ? {} : { allOf: either }),
  };
}

function unionSchema(shape: Shape & { kind: "union" }, making: Making): Schema {
  const words = { enum: Object.keys(shape.cases) };
  if (making.patch) {
    const by: Field = { shape: { kind: "word", words: words.enum }, about: "", required: false, none: false };
    return objectSchema({ [shape.by]: by, ...fieldsOfAll(shape) }, making);
  }
  const cases = Object.entries(shape.cases).map(([name, { fields }]: [string, ObjectShape]) => ({
    if: { properties: { [shape.by]: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: making.parts.refer(name, objectSchema(fields, making, { [shape.by]: { const: name } })),
  }));
  return { type: "object", required: [shape.by], properties: { [shape.by]: words }, allOf: cases };
}

function fieldSchema(called: string, field: Field, making: Making): Schema {
  const inner = orNull(schemaOf(field.shape, { ...making, called }), making.patch);
  const schema = field.none ? { anyOf: [inner, { const: "none" }] } : inner;
  const { about, otherwise } = field;
  const known = otherwise !== undefined && typeof otherwise !== "function" && JSON.stringify(otherwise.value) !== "{}";
  const by = known ? { default: written(field.shape, otherwise.value), $comment: otherwise.source } : {};
  return { ...(about === "" ? {} : { description: about }), ...by, ...schema };
}

/** A default as a file has it. */
const written = (shape: Shape, value: unknown): unknown =>
  shape.kind === "duration" && typeof value === "number"
    ? value === 0 && shape.never
      ? "never"
      : `${value}ms`
    : value;

const orNull = (schema: Schema, patch: boolean): Schema => (patch ? { anyOf: [schema, { type: "null" }] } : schema);

/** What `parseDuration` takes: JSON Schema's patterns know no flags. */
const ANY_CASE = (word: string): string => [...word].map((letter) => `[${letter}${letter.toUpperCase()}]`).join("");
const UNITS = ["ms", "s", "min", "m", "h", "d"].map(ANY_CASE).join("|");
const FIGURES = `([0-9]{1,12}(\\.[0-9]{1,6})?\\s*(${UNITS})\\s*){1,6}`;
const DURATION = `^\\s*${FIGURES}$`;
const NEVER_OR_DURATION = `^\\s*(${ANY_CASE("never")}\\s*|${FIGURES})$`;
