import { printSpan } from "../../net/time.ts";
import type { IcmpError } from "../../session/segment.ts";
import type { FarSide } from "../far-side.ts";
import { briefly, shown } from "../findings.ts";
import { icmpMeaning } from "../icmp-meaning.ts";
import type { PacketEvidence } from "../signature.ts";
import type { UnansweredTail } from "../silence.ts";
import type { Reading } from "../trail-queries.ts";

interface Around {
  readonly far: readonly FarSide[];
  readonly icmp: IcmpError | undefined;
  /** Fellow connections that went unanswered at the same time. */
  readonly together: readonly UnansweredTail[];
}

/** Repetitions shown: the first ones and the last. */
const SHOWN = 6;

/** The story in packets: the last sign of life, what went unanswered, what others saw. */
export function evidenceOf(
  reading: Reading,
  tail: UnansweredTail,
  { far, icmp, together }: Around,
): readonly PacketEvidence[] {
  const { first, repeats, lastSign } = tail;
  const middle = repeats.length > SHOWN ? [...repeats.slice(0, SHOWN - 1), ...repeats.slice(-1)] : repeats;
  const vantage = reading.trail.vantage;
  return briefly(
    [
      ...(lastSign === undefined
        ? []
        : [shown(reading, lastSign, `the last packet ever heard from the ${lastSign.side}`)]),
      shown(
        reading,
        first,
        first.probe ? "a keepalive probe, unanswered" : `the ${first.side}'s data, never acknowledged`,
      ),
      ...middle.map((step) =>
        shown(reading, step, `again, ${printSpan(step.time - first.time)} after the first, unanswered`),
      ),
      ...(icmp === undefined ? [] : [unreachableSays(vantage, icmp)]),
      ...far.flatMap(({ reading: theirs, seen }) =>
        seen === undefined ? [] : [shown(theirs, seen, "the same data arrives at the far side's capture")],
      ),
      ...together.map((fellow) => ({
        vantage,
        packet: fellow.first.segment.packet,
        at: fellow.first.time,
        shows: "another connection to the same address goes unanswered too",
      })),
    ],
    14,
  );
}

const unreachableSays = (vantage: number, error: IcmpError): PacketEvidence => ({
  vantage,
  packet: error.packet,
  at: error.time,
  shows: `${error.sender} reports: ${icmpMeaning(error)?.text ?? "unreachable"}`,
});
