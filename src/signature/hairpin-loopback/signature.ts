import { printEndpoint } from "../../net/endpoint.ts";
import { instantOf, printInstant, printSpan } from "../../net/time.ts";
import { isFresh } from "../answering-host.ts";
import { captureAt } from "../capture-advice.ts";
import { loopedCopy } from "../misdirected-syns.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import { shown, synsShown } from "../syn-evidence.ts";
import { type Attempt, attemptsOf, byServer, toldOnce, untilOf } from "../syn-queries.ts";
import { hairpinByLogs } from "./from-logs.ts";

/** SYNs and copies shown of one attempt, and attempts shown. */
const PAIRS_SHOWN = 2;
const MOST_SHOWN = 3;

export const signature: Signature = {
  id: "hairpin-loopback",
  kind: "incident",
  title:
    "A balancer that keeps client addresses sent a target's connection back to that target itself, which discards it",
  symptoms: ["connect-timeout"],
  certainFrom: "one capture at the host that connects, with the outgoing SYN and the copy that comes back",
  remedy:
    "Let hosts that are targets not reach themselves through the balancer: connect to the local address (localhost, or the service directly) " +
    "from target hosts, turn client-IP preservation off for that target group, or keep clients and targets on different hosts.",
  references: [
    "AWS Network Load Balancer user guide, troubleshooting: a target that is also a client (hairpinning is not supported with client IP preservation)",
    "Linux net/ipv4/fib_frontend.c fib_validate_source(): a source address of its own is martian unless accept_local is set",
    "RFC 1122 §3.2.1.3; kubernetes/cloud-provider-aws#1160, kubernetes-sigs/aws-load-balancer-controller#1864",
  ],
  detect(scene: Scene): Finding[] {
    const told = new Set<Attempt>();
    const findings = scene.vantages.flatMap((vantage) => {
      const sent = toldOnce(
        scene,
        attemptsOf(vantage),
        (a) => a.synAck === undefined && loopedCopy(scene, a) !== undefined,
      );
      for (const a of sent) told.add(loopedCopy(scene, a) as Attempt);
      return byServer(sent).map((group) => findingOf(scene, group));
    });
    return [
      ...findings,
      ...scene.vantages.flatMap((vantage) =>
        arrivals(
          scene,
          attemptsOf(vantage).filter((a) => !told.has(a)),
        ),
      ),
      ...hairpinByLogs(scene),
    ];
  },
};

function findingOf(scene: Scene, group: readonly [Attempt, ...Attempt[]]): Finding {
  const [first] = group;
  const { vantage, client, server } = first;
  const copies = group.map((a) => loopedCopy(scene, a) as Attempt);
  const copy = copies[0] as Attempt;
  const others = vantage.destinations.get(printEndpoint(server))?.answered ?? 0;
  const at = first.syns[0].time;
  return {
    cause: signature.id,
    confidence: "certain",
    initiator: "balancer",
    at,
    ...untilOf(group),
    trails: [...group.map((a) => a.trail), ...copies.map((c) => c.trail)],
    evidence: group.slice(0, MOST_SHOWN).flatMap((a) => pairsOf(a, loopedCopy(scene, a) as Attempt)),
    summary:
      `${group.length === 1 ? "A connection" : `${group.length} connections`} of ${client.address} to ${printEndpoint(server)}, first at ` +
      `${printInstant(instantOf(vantage.epoch, at))}, timed out: the balancer chose ${client.address} itself as the target, the SYN came back as ` +
      `${printEndpoint(copy.client)} > ${printEndpoint(copy.server)} and was discarded` +
      `${others > 0 ? `; attempts that went to other targets were answered (${others})` : ""}.`,
    ruledOut: [
      { cause: "syn-blackhole", because: "the SYN is not lost: it comes back to its sender" },
      { cause: "snat-port-exhaustion", because: "the SYN leaves the balancer, with its source address unchanged" },
      { cause: "backend-tuple-collision", because: "no other connection from the same client port drew an answer" },
    ],
    refutedBy: `a SYN-ACK from ${printEndpoint(server)} to one of these SYNs, or a copy with another initial sequence number`,
    symptoms: signature.symptoms,
  };
}

/** Each SYN, and the copy that followed it. */
function pairsOf(attempt: Attempt, copy: Attempt): PacketEvidence[] {
  const outgoing = synsShown(attempt, PAIRS_SHOWN);
  const looped = copy.syns.slice(0, PAIRS_SHOWN).map((syn) => {
    const what = `the SYN came back: source ${copy.client.address} is also the destination, same initial number, TTL ${syn.ttl}`;
    return shown(copy, syn, what);
  });
  const answered = copy.synAck;
  const own =
    answered === undefined
      ? []
      : [shown(copy, answered, "the host answers over its loopback, to a socket that called another address")];
  return [...outgoing, ...looped, ...own].sort((a, b) => a.at - b.at);
}

/** SYNs with source and destination alike that came from the wire, where the outgoing SYN was not captured. */
function arrivals(scene: Scene, attempts: readonly Attempt[]): Finding[] {
  const looped = toldOnce(
    scene,
    attempts,
    (a) =>
      a.client.address === a.server.address &&
      a.silent &&
      a.syns.length > 1 &&
      a.syns.every((syn) => !isFresh(syn.ttl)),
  );
  return byServer(looped).map((group) => {
    const [first] = group;
    const { vantage, client, server, syns } = first;
    return {
      cause: signature.id,
      confidence: "likely",
      initiator: "balancer",
      at: syns[0].time,
      ...untilOf(group),
      trails: group.map((a) => a.trail),
      evidence: group.slice(0, MOST_SHOWN).flatMap((a) => synsShown(a, PAIRS_SHOWN)),
      summary:
        `${group.length === 1 ? "A connection" : `${group.length} connections`} reached ${printEndpoint(server)} from its own address ` +
        `${printEndpoint(client)}, first at ${printInstant(instantOf(vantage.epoch, syns[0].time))}, repeated for ` +
        `${printSpan((syns[syns.length - 1] ?? syns[0]).time - syns[0].time)} without an answer: with TTL ${syns[0].ttl} the SYN came over the network.`,
      ruledOut: [
        {
          cause: "syn-blackhole",
          because: "the SYN arrives, from the host's own address, which the host does not accept from the wire",
        },
      ],
      refutedBy: "the same SYNs leaving another host (then somebody forges the source address)",
      next: captureAt(
        server.address,
        `host ${server.address} and tcp`,
        "all interfaces, to see the SYN leave for the balancer",
      ),
      symptoms: signature.symptoms,
    };
  });
}
