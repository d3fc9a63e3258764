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
  if (typeof value === "number" && value >= least && value <= most) return;
  const what = typeof value === "number" ? `${value}` : `a ${typeof value}`;
  throw new GuardFault("out-of-range", `${name} must be a number from ${least} to ${most}, not ${what}`);
}
