import { printEndpoint } from "../../net/endpoint.ts";
import { instantOf, printInstant, printSpan } from "../../net/time.ts";
import { type Answerer, whoAnswered } from "../answering-host.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { isProbe } from "../probing.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import {
  type Attempt,
  attemptsOf,
  byServer,
  clientsOf,
  elsewhere,
  otherVersionAnswered,
  toldOnce,
  untilOf,
} from "../syn-queries.ts";
import { refusedByLogs } from "./from-logs.ts";

/** Attempts shown packet by packet; the others are counted and listed as connections. */
const MOST_SHOWN = 4;

export const signature: Signature = {
  id: "connection-refused",
  kind: "incident",
  title: "The server's host answered the SYN with RST: nothing listens on that address and port",
  symptoms: ["connection-refused"],
  certainFrom: "a capture at the server's host that shows the SYN arrive and the RST leave",
  remedy:
    "Start the server, or let it listen on the address and port that clients use (`ss -ltn` shows what listens). Take hosts without a " +
    "listener out of the balancer and out of DNS. During a restart keep the old listener until the new one is ready.",
  references: [
    "RFC 9293 §3.10.7.1 (a segment to a closed port is answered by RST) and §3.10.7.3 (a RST in SYN-SENT must acknowledge the SYN)",
    "Linux net/ipv4/tcp_ipv4.c tcp_v4_send_reset()",
  ],
  detect(scene: Scene): Finding[] {
    const captured = scene.vantages.flatMap((vantage) => {
      const refused = toldOnce(scene, attemptsOf(vantage), isRefused);
      return byServer(refused.filter((a) => whoAnswered(scene, a).who !== "firewall")).map((group) =>
        findingOf(scene, group),
      );
    });
    return [...captured, ...refusedByLogs(scene)];
  },
};

const isRefused = (a: Attempt): boolean =>
  a.refusal !== undefined && a.synAck === undefined && a.icmp.length === 0 && !isProbe(a);

function findingOf(scene: Scene, group: readonly [Attempt, ...Attempt[]]): Finding {
  const [first] = group;
  const { vantage, server } = first;
  const answerers = group.map((a) => whoAnswered(scene, a));
  const answerer = answerers.find((a) => a.confidence === "certain") ?? (answerers[0] as Answerer);
  const wentOn = group.every(otherVersionAnswered);
  const name = printEndpoint(server);
  const at = first.syns[0].time;
  const waited = (first.refusal?.time ?? at) - at;
  return {
    cause: signature.id,
    confidence: wentOn ? "possible" : answerer.confidence,
    initiator: "server",
    at,
    ...untilOf(group),
    trails: group.map((a) => a.trail),
    evidence: evidenceOf(scene, group),
    summary:
      `${name} refused ${group.length === 1 ? "the connection" : `${group.length} connections`} of ${clientsOf(group)}, first at ` +
      `${printInstant(instantOf(vantage.epoch, at))}: the SYN was answered by RST after ${printSpan(waited)}. Nothing listens there` +
      `${wentOn ? "; the client went on over the other IP version, so nothing may have been lost" : ""}.`,
    ruledOut: [
      { cause: "connection-rejected", because: `no ICMP error came back, and ${answerer.because}` },
      { cause: "syn-blackhole", because: "every SYN was answered at once" },
    ],
    refutedBy:
      `\`ss -ltn\` on ${server.address} showing a listener on port ${server.port} at that time (then a filter on that host sent the RST), ` +
      "or a capture on that host without the RST (then something on the way did)",
    ...(answerer.confidence === "certain"
      ? {}
      : {
          next: captureAt(
            server.address,
            hostFilter(first.client.address, server.port),
            "to see whether the RST leaves that host",
          ),
        }),
    symptoms: signature.symptoms,
  };
}

function evidenceOf(scene: Scene, group: readonly Attempt[]): PacketEvidence[] {
  return group.slice(0, MOST_SHOWN).flatMap((attempt, i) => {
    const seen = i === 0 ? [attempt, ...elsewhere(scene, attempt).filter(isRefused).slice(0, 2)] : [attempt];
    return seen.flatMap((a) => [
      {
        vantage: a.vantage.index,
        packet: a.syns[0].packet,
        at: a.syns[0].time,
        shows:
          a === attempt
            ? `SYN from ${printEndpoint(a.client)} to ${printEndpoint(a.server)}`
            : `the same SYN in ${a.vantage.file}`,
      },
      ...(a.refusal === undefined ? [] : [refusalOf(a, a.refusal)]),
    ]);
  });
}

function refusalOf(attempt: Attempt, refusal: NonNullable<Attempt["refusal"]>): PacketEvidence {
  const { index } = attempt.vantage;
  const shows = `RST that acknowledges the SYN, TTL ${refusal.ttl}, after ${printSpan(refusal.time - attempt.syns[0].time)}`;
  return { vantage: index, packet: refusal.packet, at: refusal.time, shows };
}
