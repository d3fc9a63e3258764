import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import type { Segment, Trail } from "../../session/segment.ts";
import { counted } from "../aborts-counted.ts";
import { briefly } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import { type Remains, remainsIn } from "./collision.ts";

export const signature: Signature = {
  id: "time-wait-collision",
  kind: "incident",
  title:
    "A new connection met the TIME-WAIT of the previous one between the same two sockets, and was held up or failed",
  symptoms: ["connect-timeout", "slow-connect"],
  certainFrom: "any one capture that shows both connections",
  remedy:
    "Let ports rest longer than the server's TIME-WAIT (60 s on Linux): more source ports or addresses at the client or the translating box, connections kept and reused instead of opened for each request, the client's side to close first. Behind a translating box turn its port randomisation on and let its own TIME-WAIT (nf_conntrack_tcp_timeout_time_wait, 120 s) not be shorter than the server's. Leave TCP timestamps on, and net.ipv4.tcp_rfc1337 off at the server: it ignores the RST that would clear the way.",
  references: [
    "RFC 9293 §3.6 (TIME-WAIT), §3.10.7.4 (SYN in TIME-WAIT), RFC 6191 (accepting it by timestamps)",
    "RFC 1337 (why a RST may be ignored in TIME-WAIT)",
    "Linux net/ipv4/tcp_minisocks.c, tcp_timewait_state_process",
  ],
  detect(scene) {
    const told = new Set<Trail>();
    return scene.vantages.flatMap((vantage) =>
      vantage.oneSided
        ? []
        : remainsIn(vantage).flatMap((remains) => {
            const { trails } = remains.attempt;
            if (trails.some((t) => told.has(t))) return [];
            for (const t of trails) for (const s of scene.sightings(t)) told.add(s.trail);
            return [findingOf(scene, remains)];
          }),
    );
  },
};

function findingOf(scene: Scene, remains: Remains): Finding {
  const { attempt, previous, delay, span, fins, olderNumber, challenge } = remains;
  const [syn] = attempt.syns;
  const at = syn?.time ?? challenge.syn.time;
  const counts = counted(scene, ["TcpExtPAWSEstab", "TcpExtPAWSTimewait", "TcpExtTCPACKSkippedTimeWait"]);
  const [client, server] = [printEndpoint(attempt.client), printEndpoint(attempt.server)];
  const rest = printSpan(at - fins[0].time);
  return {
    cause: signature.id,
    variant: delay === undefined ? "refused" : "delayed",
    confidence: "certain",
    initiator: "server",
    at,
    trails: [...attempt.trails, previous],
    evidence: [...evidenceOf(remains), ...counts.slice(0, 2)],
    summary: `Client ${client} ${delay === undefined ? `could not connect to ${server} for ${printSpan(span)}` : `had to wait ${printSpan(delay)} for its connection to ${server}`}: ${rest} before, the server had closed a connection of that very address and port, kept it in TIME-WAIT, and answered the SYN with that connection's last acknowledgment${olderNumber ? ", for the SYN's number is not above what it had seen" : ""}.`,
    ruledOut: [
      {
        cause: "backend-tuple-collision",
        because: "the connection whose numbers came back had the same destination, and both its ends had closed",
      },
      { cause: "syn-blackhole", because: "the server answers each SYN at once" },
    ],
    refutedBy: "the connection before it still being open at one of its ends",
    symptoms: [delay === undefined ? "connect-timeout" : "slow-connect"],
  };
}

function evidenceOf({ attempt, challenge, previous, fins }: Remains): readonly PacketEvidence[] {
  const at = (trail: Trail | undefined, segment: Segment, shows: string): PacketEvidence => ({
    vantage: trail?.vantage ?? attempt.vantage,
    packet: segment.packet,
    at: segment.time,
    shows,
  });
  const { synAck, syns, trails } = attempt;
  return briefly([
    at(previous, fins[0], "the server closes the previous connection first"),
    at(previous, fins[1], "the client closes too: the server keeps TIME-WAIT"),
    at(trails[0], challenge.syn, "SYN from the same address and port"),
    at(trails[0], challenge.answer, "a bare ACK with both numbers of the previous connection instead of SYN-ACK"),
    ...(challenge.reset === undefined
      ? []
      : [at(trails[0], challenge.reset, "the client answers RST with that number")]),
    ...syns
      .slice(1)
      .slice(-2)
      .map((s) => at(trails[0], s, "the same SYN again")),
    ...(synAck === undefined ? [] : [at(trails[0], synAck, "SYN-ACK at last")]),
  ]);
}
