import { printMs } from "../net/duration.ts";
import { NEVER, type SettingUnit } from "./setting.ts";

/** A setting's value in its unit, for people. */
export function printValue(value: number, unit: SettingUnit): string {
  switch (unit) {
    case "ms":
      return printMs(value);
    case "flag":
      return value === 0 ? "off" : "on";
    case "count":
    case "ratio":
      return value === NEVER ? "unlimited" : String(tidy(value));
  }
}

/** A setting's value as `path.yaml` has it. */
export function yamlValue(value: number, unit: SettingUnit): string {
  if (value === NEVER) return "never";
  if (unit === "ms") return printMs(value).replace(" ", "");
  return unit === "flag" ? String(value !== 0) : String(tidy(value));
}

const tidy = (value: number): number => Number(value.toPrecision(12));
