import { type Instant, printInstant } from "../net/time.ts";

/** An instant for programs: ISO 8601 in UTC, always with nine decimals. Instants beyond any calendar stay `<n> ns`. */
export function isoInstant(instant: Instant): string {
  return printInstant(instant).replace(/\.(\d{6})Z$/, ".$1000Z");
}
