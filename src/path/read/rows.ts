import type { SettingKey } from "../setting.ts";
import type { HopNotes } from "./reading.ts";
import type { Spot } from "./spot.ts";
import type { Parse } from "./units.ts";

/** A place below another, what it sets, and how its value is read. Keys of the place are joined by dots. */
export type Row = readonly [place: string, keys: SettingKey | readonly SettingKey[], parse: Parse];

/** Reads every place that there is. */
export function takeRows(hop: HopNotes, spot: Spot | undefined, rows: readonly Row[]): void {
  for (const [place, keys, parse] of rows) hop.take(keys, spot?.get(...place.split(".")), parse);
}
