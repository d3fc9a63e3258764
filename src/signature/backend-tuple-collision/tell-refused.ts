import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import type { Finding, PacketEvidence, RuledOut } from "../signature.ts";
import { oldSegmentsAfter } from "./aftermath.ts";
import type { Grade } from "./grade.ts";
import { bounded, clock, nextCapture, type Story, shows, trailsOf } from "./story.ts";

/** Tells how the backend kept the old connection and the newer one could not be opened. */
export function tellRefused(story: Story, grade: Grade): Finding | undefined {
  const { collision, scene, home, client, oldServer, newServer } = story;
  const syn = home?.syns[0];
  if (home === undefined || syn === undefined || newServer === undefined) return undefined;
  const last = home.syns.at(-1) ?? syn;
  const tries = `${home.syns.length} SYNs over ${printSpan(last.time - syn.time)}`;
  const when = clock(scene, home.vantage, syn.time);
  const [from, to, old] = [
    printEndpoint(client),
    printEndpoint(newServer),
    oldServer === undefined ? "another destination" : printEndpoint(oldServer),
  ];
  const summary = collision.twoDestinations
    ? `From ${when} client ${from} could not connect to ${to} (${tries}): the same port was in use towards ${old}, both addresses lead to one backend, and the backend's replies to the SYNs went to the old connection, which stayed healthy.`
    : `From ${when} the backend ${to} refused ${tries} from ${from}: it holds an open connection of that very address and port, whose client goes on using it.`;
  return {
    cause: "backend-tuple-collision",
    variant: grade.variant,
    confidence: grade.confidence,
    initiator: "balancer",
    at: syn.time,
    trails: trailsOf(story, "newer"),
    evidence: bounded(evidenceOf(story)),
    summary,
    ruledOut: ruledOutBy(story),
    refutedBy:
      "A capture at the backend in which the SYNs do not arrive, or arrive on a socket pair that no open connection has.",
    ...nextCapture(story, grade),
    symptoms: ["connect-timeout"],
    ...(collision.twoDestinations
      ? {}
      : { inferred: ["that the client used two destinations: this capture shows only one"] }),
  };
}

function evidenceOf({
  collision,
  home,
  strays,
  backend,
  older: old,
  oldServer,
}: Story): (PacketEvidence | undefined)[] {
  if (home === undefined) return [];
  const list: PacketEvidence[] = [];
  const theOld = oldServer === undefined ? "the old connection" : `the connection to ${printEndpoint(oldServer)}`;
  const told = [...strays.slice(0, 3), ...strays.slice(3).slice(-1)];
  for (const [i, { attempt, syn, ack, older }] of told.entries()) {
    list.push(
      shows(
        attempt.vantage,
        syn,
        i === 0 ? `SYN from the client port that ${theOld} has, never answered` : "the same SYN again",
      ),
    );
    const delay = older.trail.vantage === attempt.vantage ? ` ${printSpan(ack.time - syn.time)} later` : "";
    list.push(
      shows(
        older.trail.vantage,
        ack,
        `${delay.trim()}${delay === "" ? "" : " "}a duplicate ACK on ${theOld} that nothing there asked for: the backend's challenge to the SYN`,
      ),
    );
  }
  const challenged = strays.length > 0 ? backend : home;
  for (const [i, challenge] of (challenged?.challenges ?? []).slice(0, strays.length > 0 ? 1 : 3).entries()) {
    const at = challenged?.vantage ?? 0;
    list.push(
      shows(
        at,
        challenge.syn,
        i === 0 ? "a SYN with a new number on the socket pair of an open connection" : "the same SYN again",
      ),
    );
    list.push(
      shows(
        at,
        challenge.answer,
        `answered by a bare ACK with the open connection's numbers (ack ${challenge.answer.ack})`,
      ),
    );
    if (challenge.reset !== undefined)
      list.push(shows(at, challenge.reset, "the client answers RST with that number, without effect"));
  }
  const at = strays[0]?.older.trail.vantage ?? home.vantage;
  const alive = oldSegmentsAfter(collision, at, old).findLast((s) => s.length > 0);
  if (alive !== undefined) list.push(shows(at, alive, "the old connection goes on"));
  return list;
}

function ruledOutBy({ collision, strays }: Story): RuledOut[] {
  const challenged =
    strays.length > 0
      ? `${strays.length} SYNs each brought a duplicate ACK on the old connection at once`
      : "each SYN is answered by a challenge ACK";
  return [
    { cause: "syn-blackhole", because: `the SYNs reach the backend: ${challenged}` },
    { cause: "snat-port-exhaustion", because: "the SYNs reach the backend from the client's own address and port" },
    ...(collision.twoDestinations
      ? [{ cause: "hairpin-loopback", because: "the backend that was chosen is not the client: it answers" }]
      : []),
  ];
}
