import { briefly, shown } from "../findings.ts";
import type { PacketEvidence } from "../signature.ts";
import type { Forged } from "./forged.ts";

/** The story in packets: the end's own last packet, the RST, and what shows that it is another's. */
export function evidenceOf({ reading, rst, proof }: Forged): readonly PacketEvidence[] {
  const own = reading.steps.findLast((s) => s.index < rst.index && s.side === rst.side && !s.rst);
  const asked = reading.steps.findLast((s) => s.index < rst.index && s.side !== rst.side);
  const { segment } = rst;
  const looks = `RST in the name of the ${rst.side} (TTL ${segment.ttl}${segment.ipId < 0 ? "" : `, IP id ${segment.ipId}`}, ${segment.optionBytes} bytes of options)`;
  return briefly([
    ...(own === undefined
      ? []
      : [
          shown(
            reading,
            own,
            `the ${rst.side}'s own last packet before (TTL ${own.segment.ttl}, ${own.segment.optionBytes} bytes of options)`,
          ),
        ]),
    ...(asked === undefined ? [] : [shown(reading, asked, `the ${asked.side}'s last packet before`)]),
    shown(reading, rst, proof.kind === "stranger" ? [looks, ...proof.says].join("; ") : looks),
    ...(proof.kind === "guessed"
      ? proof.others.map((s) => shown(reading, s, "RST with a number that its sender had not reached"))
      : []),
    ...(proof.kind === "went-on"
      ? [shown(reading, proof.later, `the ${rst.side} goes on as if nothing had happened`)]
      : []),
    ...(proof.kind === "not-sent" ? atSender(proof.at, rst.time) : []),
  ]);
}

function atSender(
  { reading, sighting, after, received }: Extract<Forged["proof"], { kind: "not-sent" }>["at"],
  time: number,
): readonly PacketEvidence[] {
  const last = reading.steps.findLast((s) => s.time <= time - sighting.offset && s !== received);
  return [
    ...(last === undefined
      ? []
      : [shown(reading, last, "the connection at the host itself up to then: no RST leaves here")]),
    ...(received === undefined
      ? []
      : [shown(reading, received, `here a RST arrives in the name of the ${received.side}`)]),
    ...(after === undefined ? [] : [shown(reading, after, "its socket lives on")]),
  ];
}
