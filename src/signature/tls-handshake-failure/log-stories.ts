import { SECOND } from "../../net/time.ts";
import { type FoundLine, printEnd } from "../log-lines.ts";
import type { Told } from "./from-logs.ts";
import { REASONS, type Reason } from "./reasons.ts";

type Line = FoundLine<Told>;

/** Failures of one reason at one server, as lines tell them. */
export interface LogStory {
  readonly reason: Reason;
  readonly by: Told["by"];
  readonly lines: readonly Line[];
  /** The server, where it is named. */
  readonly where: string | undefined;
}

/** Reasons that only repeat from afar what the other end knows better. */
const VAGUE: readonly string[] = ["certificate-refused", "handshake-failure", "alert"];
/** Two logs that tell of one handshake do so within this time. */
const TOGETHER = BigInt(2 * SECOND);
const MOST_STORIES = 50;

/**
 * What lines tell that no captured handshake has taken. `captured`: some handshake was seen to fail, so that lines
 * alike to those used are about others of its kind and need no story of their own.
 */
export function storiesOf(lines: readonly Line[], used: ReadonlySet<Line>, captured: boolean): readonly LogStory[] {
  const precise = lines.filter((line) => !VAGUE.includes(line.said.reason.variant));
  const rest = lines.flatMap((line) => {
    if (used.has(line)) return [];
    const better = betterThan(line, precise);
    if (better !== undefined && used.has(better)) return [];
    return [{ line, reason: better?.said.reason ?? line.said.reason, server: serverOf(better ?? line) }];
  });
  const told = new Set([...used].map((line) => line.said.reason));
  const groups = Map.groupBy(rest, ({ reason, server }) => `${REASONS.indexOf(reason)} ${server ?? ""}`);
  return [...groups.values()].slice(0, MOST_STORIES).flatMap((group) => {
    const [first] = group;
    if (first === undefined || (captured && told.has(first.reason))) return [];
    const own = group.map(({ line }) => line);
    const by = own.find((line) => line.said.by !== undefined)?.said.by;
    return [{ reason: first.reason, by, lines: own, where: first.server }];
  });
}

/** A line of another log, as a rule the other end's, that tells of the same handshake and says more. */
function betterThan(line: Line, precise: readonly Line[]): Line | undefined {
  const { reason } = line.said;
  if (VAGUE.includes(reason.variant)) return precise.find((other) => together(line, other));
  if (line.named.server !== undefined) return undefined;
  return precise.find((o) => o.said.reason === reason && o.named.server !== undefined && together(line, o));
}

const serverOf = ({ named }: Line): string | undefined =>
  named.server === undefined ? undefined : `server ${printEnd(named.server)}`;

function together(a: Line, b: Line): boolean {
  if (a.at === undefined || b.at === undefined) return a.log === b.log && Math.abs(a.entry.line - b.entry.line) <= 5;
  return a.at - b.at <= TOGETHER && b.at - a.at <= TOGETHER;
}
