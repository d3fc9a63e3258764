/** A setting that cannot work, with a stable code and the reason in words. Thrown where the setting is given, never later. */
export class GuardFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "GuardFault";
    this.code = code;
  }
}

/** Throws a `GuardFault` unless `value` is a number from `least` to `most`. */
export function checkRange(name: string, value: number, [least, most]: readonly [number, number]): void {
  checkNumber(name, value);
  if (value >= least && value <= most) return;
  throw new GuardFault("out-of-range", `${name} must be from ${least} to ${most}, not ${value}`);
}

/** Throws a `GuardFault` for what only looks like a number: `"1000"` from the environment compares like one and adds like text. */
export function checkNumber(name: string, value: unknown): void {
  if (typeof value === "number") return;
  throw new GuardFault(
    "not-a-number",
    `${name} must be a number, not ${value === null ? "null" : `a ${typeof value}`}`,
  );
}
