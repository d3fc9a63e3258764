import type { Instant } from "../net/time.ts";
import type { Log } from "../signature/scene.ts";
import type { InputReport } from "./explanation.ts";

/** When a log begins and ends on the common clock, and how that is known. */
export function describeClock(log: Log): Pick<InputReport, "from" | "to" | "clock" | "assumed"> {
  const { how, against, offset, uncertainty, matched } = log.clock;
  const instants = log.entries.flatMap((entry) => log.instantOf(entry) ?? []);
  return {
    ...(instants.length === 0 ? {} : { from: instants.reduce(earlier), to: instants.reduce(later) }),
    ...(how === "aligned" && against !== undefined ? { clock: { against, offset, uncertainty, matched } } : {}),
    ...(how === "assumed" ? { assumed: assumption(log) } : {}),
  };
}

/** What the lines leave out, and what was taken for it. */
function assumption({ entries }: Log): string {
  const missing = new Set(entries.flatMap(({ time }) => (time?.kind === "partial" ? time.missing : [])));
  const parts = [
    ...(missing.has("date") ? ["no date: the nearest day was taken"] : []),
    ...(missing.has("year") ? ["no year: the nearest was taken"] : []),
    ...(missing.has("zone") ? ["no zone: UTC was taken"] : []),
  ];
  return `its lines give ${parts.join(", ")}`;
}

const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);
const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
