import { printEndpoint } from "../../net/endpoint.ts";
import { instantOf, printInstant, printSpan } from "../../net/time.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import { type Attempt, attemptsOf, byServer, clientsOf, elsewhere, toldOnce, untilOf } from "../syn-queries.ts";
import { rejectedByLogs } from "./from-logs.ts";
import { type Rejection, rejectionOf } from "./rejection.ts";

/** Attempts shown packet by packet; the others are counted and listed as connections. */
const MOST_SHOWN = 4;
export const signature: Signature = {
  id: "connection-rejected",
  kind: "incident",
  title: "A filter answered the SYN in the server's place: with an ICMP error, or with a RST of its own",
  symptoms: [
    "no-route-to-host",
    "network-unreachable",
    "connection-refused",
    "permission-denied",
    "protocol-unreachable",
  ],
  certainFrom: "any capture with the ICMP error; for a filter's RST captures at the client and at the server's host",
  remedy:
    "Allow the connection in the filter that answered (the ICMP error's source address names it): host firewall, security group, network " +
    "policy or route. If it is meant to be closed, let the client use an address and port that are open.",
  references: [
    "RFC 792, RFC 1812 §5.2.7.1 (codes 9, 10 and 13: administratively prohibited), RFC 4443 §3.1",
    "RFC 9293 §3.9.2.2 (ICMP errors and a connecting TCP)",
    "Linux net/ipv4/icmp.c icmp_err_convert[], net/ipv6/icmp.c icmpv6_err_convert(), net/ipv4/netfilter/nf_reject_ipv4.c nf_send_reset()",
  ],
  detect(scene: Scene): Finding[] {
    const captured = scene.vantages.flatMap((vantage) => {
      const rejected = toldOnce(scene, attemptsOf(vantage), (a) => rejectionOf(scene, a) !== undefined);
      return byServer(rejected).map((group) => findingOf(scene, group));
    });
    return [...captured, ...rejectedByLogs(scene)];
  },
};

function findingOf(scene: Scene, group: readonly [Attempt, ...Attempt[]]): Finding {
  const [first] = group;
  const { vantage, server } = first;
  const all = group.map((a) => rejectionOf(scene, a) as Rejection);
  // One late error casts doubt on all: errors for later attempts come sooner while the router is still searching.
  const rejection = all.find((r) => r.confidence === "possible") ?? (all[0] as Rejection);
  const at = first.syns[0].time;
  const gone = rejection.variant === "icmp-unreachable";
  return {
    cause: signature.id,
    variant: rejection.variant,
    confidence: rejection.confidence,
    initiator: rejection.byServer ? "server" : "unknown",
    at,
    ...untilOf(group),
    trails: group.map((a) => a.trail),
    evidence: group.slice(0, MOST_SHOWN).flatMap((a, i) => [
      ...evidenceOf(scene, a),
      ...(i === 0
        ? elsewhere(scene, a)
            .slice(0, 2)
            .flatMap((other) => evidenceOf(scene, other))
        : []),
    ]),
    summary:
      `The SYN of ${group.length === 1 ? "the connection" : `${group.length} connections`} from ${clientsOf(group)} to ${printEndpoint(server)}, first at ` +
      `${printInstant(instantOf(vantage.epoch, at))}, was rejected after ${printSpan((all[0] as Rejection).time - at)} by ${rejection.by}: ${rejection.shows}` +
      `${gone ? ". That is a reject route, a filter, or a router that cannot reach the host" : ""}.`,
    ruledOut: [
      { cause: "connection-refused", because: rejection.notRefused },
      { cause: "syn-blackhole", because: "the SYN was answered" },
    ],
    refutedBy: refutationOf(rejection),
    ...(rejection.confidence === "certain"
      ? {}
      : {
          next: captureAt(
            server.address,
            hostFilter(first.client.address, server.port),
            "to see whether the SYN arrives there",
          ),
        }),
    symptoms: [rejection.symptom],
  };
}

function refutationOf({ variant }: Rejection): string {
  if (variant !== "firewall-reset")
    return "a capture at the server's host in which it answers the same SYN with SYN-ACK, or with a RST of its own";
  return (
    "a capture at the server's host in which it sends this RST itself; or the address being that of a container host or balancer which passes other " +
    "ports on to machines further away"
  );
}

function evidenceOf(scene: Scene, attempt: Attempt): PacketEvidence[] {
  const { vantage, syns, client, server } = attempt;
  const [syn] = syns;
  const asked = {
    vantage: vantage.index,
    packet: syn.packet,
    at: syn.time,
    shows: `SYN from ${printEndpoint(client)} to ${printEndpoint(server)} in ${vantage.file}`,
  };
  const rejection = rejectionOf(scene, attempt);
  return rejection === undefined
    ? [asked]
    : [asked, { vantage: vantage.index, packet: rejection.packet, at: rejection.time, shows: rejection.shows }];
}
