/**
 * What a value of a scenario's file may be. The reader (`read-shape.ts`) and the JSON Schema (`scenario-schema.ts`) are both made
 * from the shapes of `form.ts`, so that they cannot differ.
 */
export type Shape =
  | DurationShape
  | NumberShape
  | { readonly kind: "flag" }
  | { readonly kind: "word"; readonly words: readonly string[] }
  | TextShape
  | { readonly kind: "ports" }
  | { readonly kind: "choice"; readonly values: readonly number[] }
  | ListShape
  | RecordShape
  | ObjectShape
  | UnionShape
  /** Says what differs: every field may be left out, or be null, which takes it away (RFC 7396). */
  | { readonly kind: "patch"; readonly of: Shape }
  /** Inside of what says what differs: something that is said as a whole or not at all. */
  | { readonly kind: "whole"; readonly of: Shape };

/** Written `350s`, or in milliseconds where the key ends in `Ms`. `never` is 0 where that means never. */
export interface DurationShape {
  readonly kind: "duration";
  readonly least: number;
  readonly most: number;
  readonly never: boolean;
}

export interface NumberShape {
  readonly kind: "number";
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  /** Why there is no more, or no less. */
  readonly because?: string;
}

export interface TextShape {
  readonly kind: "text";
  /** In characters (code points). */
  readonly most: number;
  readonly pattern?: string;
  /** The pattern in words. */
  readonly says?: string;
}

export interface ListShape {
  readonly kind: "list";
  readonly of: Shape;
  readonly least: number;
  readonly most: number;
}

/** Names of the writer's choice, each with a value of one shape. */
export interface RecordShape {
  readonly kind: "record";
  readonly of: Shape;
  readonly least: number;
  readonly most: number;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly fields: Readonly<Record<string, Field>>;
}

/** Which fields there are depends on the value of one of them. */
export interface UnionShape {
  readonly kind: "union";
  readonly by: string;
  readonly cases: Readonly<Record<string, ObjectShape>>;
}

export interface Field {
  readonly shape: Shape;
  /** Meaning, for the schema. */
  readonly about: string;
  /** What holds where nothing is said; absent with `required` false: the value is left out. */
  readonly otherwise?: Otherwise;
  readonly required: boolean;
  /** An object that may be left out where it has a default: `none`. */
  readonly none: boolean;
}

/** A default with where it comes from. An empty object is filled with the defaults of its fields. */
export interface Default {
  readonly value: unknown;
  readonly source: string;
}

/** A default, or one that depends on the fields before. */
export type Otherwise = Default | ((siblings: Siblings) => Default | undefined);

/** The fields of every case of a union: what may be said of it where the case is not known. */
export const fieldsOfAll = (union: UnionShape): Readonly<Record<string, Field>> =>
  Object.assign({}, ...Object.values(union.cases).map(({ fields }) => fields));

/** The fields of the same object that come before, as read. */
export type Siblings = Readonly<Record<string, unknown>>;

/** Words that name something: groups, zones, scenarios, variants. */
export const NAME: string = "^[a-z0-9]+(-[a-z0-9]+)*$";
/** Longest name. */
export const MOST_NAME = 60;
