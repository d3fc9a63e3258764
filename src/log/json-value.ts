/** A JSON object as parsed: nothing about its fields is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses a text that should be one JSON object; undefined when it is not. */
export function parseJsonObject(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

/** Parses any JSON text; undefined when it is none, or nested too deep for the parser. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field's own text, or its number as text. */
export function textField(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/** A field that is a finite number, or a text that is one. */
export function numberField(object: JsonObject, name: string): number | undefined {
  const text = textField(object, name);
  if (text === undefined || text.trim() === "" || text.length > 30) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

export function objectField(object: JsonObject, name: string): JsonObject | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return isObject(value) ? value : undefined;
}

export function listField(object: JsonObject, name: string): readonly unknown[] {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return Array.isArray(value) ? value : [];
}
