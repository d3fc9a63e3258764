import { printSpan } from "../../net/time.ts";
import type { FarSide } from "../far-side.ts";
import { briefly, shown } from "../findings.ts";
import type { PacketEvidence } from "../signature.ts";
import { other } from "../trail-queries.ts";
import type { Broken } from "./forgotten.ts";

/** The story in packets: the last sign of the other end, both sides of the box, what became of the next packet. */
export function evidenceOf(
  broken: Broken,
  signs: readonly string[],
  far: readonly FarSide[],
): readonly PacketEvidence[] {
  const { reading, first, repeats, reset, lastSign } = broken;
  return briefly([
    ...(lastSign === undefined
      ? []
      : [shown(reading, lastSign, `the last packet of the ${lastSign.side}, before the silence`)]),
    ...far.flatMap(farEnd),
    shown(
      reading,
      first,
      `${first.side} to ${other(first.side)}: the first packet after ${printSpan(first.silence)} of silence`,
    ),
    ...repeats.map((step) =>
      shown(reading, step, `the same again, ${printSpan(step.time - first.time)} after the first, unanswered`),
    ),
    ...(reset === undefined ? [] : [shown(reading, reset, ["a RST answers it", ...signs].join("; "))]),
  ]);
}

/** Where the connection ends on the other side of the box. */
function farEnd({ reading, covers }: FarSide): readonly PacketEvidence[] {
  const last = reading.steps.at(-1);
  if (last === undefined) return [];
  const open = reading.steps.some((s) => s.fin || s.rst) ? "" : ", still open";
  const until = covers ? "while the capture went on" : "as far as that capture goes";
  const says = `beyond the box the connection ends here${open}: the packet after the silence never arrived, ${until}`;
  return [shown(reading, last, says)];
}
