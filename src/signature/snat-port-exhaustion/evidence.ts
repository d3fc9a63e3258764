import { printEndpoint } from "../../net/endpoint.ts";
import type { PacketEvidence } from "../signature.ts";
import { shown, synsShown } from "../syn-evidence.ts";
import type { Attempt } from "../syn-queries.ts";
import type { HeldPorts, Translation } from "./translated-ports.ts";

/** Attempts shown that failed, and SYNs of each. */
const MOST_SHOWN = 3;

/** What the evidence is taken from. */
interface Story {
  /** The attempts that got no answer. */
  readonly group: readonly Attempt[];
  readonly answered: readonly Attempt[];
  readonly working: readonly Attempt[];
  readonly translations: readonly Translation[];
  readonly held: HeldPorts | undefined;
}

/** An answered attempt and the box's lowest and highest port; the SYNs that got nowhere; what went on meanwhile, and later. */
export function evidenceOf({ group, answered, working, translations, held }: Story): PacketEvidence[] {
  const since = group[0]?.syns[0].time ?? 0;
  const first = answered[0];
  const later = answered.find((a) => a.syns[0].time > since);
  const older = working[working.length - 1];
  const reply = older?.trail.segments.find((s) => s.from === "server" && s.time >= since);
  const near = [
    ...(first?.synAck === undefined
      ? []
      : [shown(first, first.synAck, `${printEndpoint(first.server)} answers an earlier attempt`)]),
    ...group.slice(0, MOST_SHOWN).flatMap((a) => synsShown(a, MOST_SHOWN)),
    ...(older === undefined || reply === undefined
      ? []
      : [
          shown(
            older,
            reply,
            `${printEndpoint(older.server)} still talks on an older connection, of ${printEndpoint(older.client)}`,
          ),
        ]),
    ...(later?.synAck === undefined
      ? []
      : [shown(later, later.synAck, "a later attempt is answered, after a connection was closed")]),
  ];
  const far = [held?.trails[0], held?.trails[held.trails.length - 1]].flatMap((trail, i) => {
    const twin = translations.find((t) => t.far.trail === trail);
    if (twin === undefined) return [];
    const shows = `behind the box: its source port ${twin.far.client.port}, the ${i === 0 ? "lowest" : "highest"} in use`;
    return [{ evidence: shown(twin.far, twin.far.syns[0], shows), time: twin.far.syns[0].time + twin.offset }];
  });
  return [...near.map((evidence) => ({ evidence, time: evidence.at })), ...far]
    .sort((a, b) => a.time - b.time)
    .map((e) => e.evidence);
}

/** In words: which box, and which ports it held. */
export function placeOf(held: HeldPorts | undefined): string {
  if (held === undefined) return "a box on the way that has no source port left would do that";
  const [low, high] = [held.ports[0], held.ports[held.ports.length - 1]];
  return (
    `${held.vantage.file} shows no copy of them behind ${held.box}, which held ${held.ports.length} source ports towards ` +
    `${printEndpoint(held.server)} (${low} to ${high}${held.full ? ", all of the range" : ""})`
  );
}
