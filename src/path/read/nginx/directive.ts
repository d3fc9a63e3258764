/** A directive of nginx with its arguments, unquoted, and its block if it has one. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly block?: readonly Directive[];
}

/** A mistake of the file's syntax. */
export interface SyntaxProblem {
  readonly file: string;
  readonly line: number;
  readonly says: string;
}
