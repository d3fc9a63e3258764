/** A mistake that a user can mend: what we were doing, what we found, what to try. */
export class Fault extends Error {
  /** Stable code, for instance `no-such-file`. */
  readonly code: string;
  /** What the user can try. */
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.name = "Fault";
    this.code = code;
    this.remedy = remedy;
  }
}
