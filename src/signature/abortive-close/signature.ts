import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { counted } from "../aborts-counted.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly, capital, onePerConnection, seenAtServer, shown, withSightings } from "../findings.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import { closedTogether, refusedAfter, serverClose } from "../server-close.ts";
import type { Confidence, Finding, PacketEvidence, Signature } from "../signature.ts";
import { strangeness } from "../stranger.ts";
import { endpointOf, named, other, readTrail } from "../trail-queries.ts";
import { type CutShort, cutShort } from "./cut-short.ts";

export const signature: Signature = {
  id: "abortive-close",
  kind: "incident",
  title: "An end closed its socket by RST (linger 0, or an abort) and destroyed what it had not delivered yet",
  symptoms: ["connection-reset"],
  certainFrom:
    "the host that sent the RST, with TcpExtTCPAbortOnData before and after; or both ends, where bytes are missing at the other",
  remedy:
    "At the end that sent the RST: do not set SO_LINGER with time 0, and do not destroy a socket that has data to send; shut the sending side down and wait for the other end's FIN, or at least close without linger. Linger 0 against TIME_WAIT is a cure worse than the illness. Where a proxy passes on the abort of the server behind it, look there.",
  references: [
    "socket(7), SO_LINGER; RFC 9293 §3.9.1 (ABORT)",
    "Linux net/ipv4/tcp.c, __tcp_close and tcp_disconnect (TCPAbortOnData), tcp_send_active_reset",
    "RFC 9112 §8 (a message that ends before its length is incomplete)",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  if (scene.vantages[trail.vantage]?.oneSided !== false) return undefined;
  const reading = readTrail(trail);
  const cut = cutShort(scene, reading);
  if (cut === undefined || portElsewhere(scene, trail, cut.rst.time) === "collided") return undefined;
  const { rst, last, loss } = cut;
  if (strangeness(scene, reading, rst).some((sign) => sign.strong && sign.by === "hops")) return undefined;
  const close = serverClose(reading);
  // Everything of that server ended at once: its process did.
  if (close !== undefined && (closedTogether(scene, close).length > 0 || refusedAfter(scene, close) !== undefined))
    return undefined;
  const counts = counted(scene, ["TcpExtTCPAbortOnData"]);
  const atSender =
    scene.vantages[trail.vantage]?.place === rst.side || (rst.side === "server" && seenAtServer(scene, trail));
  const confidence: Confidence = loss.kind === "bytes" || (atSender && counts.length > 0) ? "certain" : "likely";
  const sender = endpointOf(trail, rst.side);
  const receiver = endpointOf(trail, other(rst.side));
  return {
    cause: signature.id,
    variant: loss.kind === "answer" ? "answer-cut" : "bytes-lost",
    confidence,
    initiator: rst.side,
    at: rst.time,
    trails: withSightings(scene, trail),
    evidence: [...evidenceOf(scene, cut), ...counts.slice(0, 1)],
    summary: `${capital(named(trail, rst.side))} closed its connection with ${named(trail, other(rst.side))} by RST ${printSpan(rst.time - last.time)} after its last data, without FIN: ${whatWasLost(cut)}.`,
    ruledOut: [
      {
        cause: "close-with-unread-data",
        because: `nothing that the ${other(rst.side)} sent was unread: it had all been acknowledged and answered before`,
      },
      {
        cause: "process-gone",
        because: "a process that dies with nothing unread leaves a kernel that delivers what it holds and sends FIN",
      },
      { cause: "reset-after-close", because: "the exchange was not over" },
    ],
    refutedBy: `the whole of it having arrived at ${receiver.address}, or a capture at ${sender.address} without this RST`,
    ...(confidence === "certain"
      ? {}
      : {
          next: `${captureAt(`the ${rst.side} ${sender.address}`, hostFilter(receiver.address), "shows whether its socket sent the RST")}; and read nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose there before and after`,
        }),
    symptoms: ["connection-reset"],
  };
}

function whatWasLost({ loss }: CutShort): string {
  if (loss.kind === "bytes") return `${loss.bytes} bytes that it had sent never reached the other end`;
  const promised = loss.promised === undefined ? "its last chunk" : `${loss.promised} bytes`;
  return `its answer had promised ${promised} and broke off after ${loss.message.bodyBytes} of the body`;
}

function evidenceOf(scene: Scene, { reading, rst, last, loss }: CutShort): readonly PacketEvidence[] {
  const head =
    loss.kind === "answer" ? reading.steps.find((s) => s.segment.packet === loss.message.firstPacket) : undefined;
  return briefly([
    ...(head === undefined ? [] : [shown(reading, head, "the answer begins")]),
    shown(reading, last, `the ${rst.side}'s last data`),
    shown(
      reading,
      rst,
      `RST with ACK from the ${rst.side}'s socket, no FIN before it (TTL ${rst.segment.ttl}, ${rst.segment.optionBytes} bytes of options)`,
    ),
    ...(loss.kind === "bytes" ? [shown(loss.at, loss.last, "the last data that arrived at the other end")] : []),
    ...scene.sightings(reading.trail).flatMap(({ trail }) => {
      const theirs = readTrail(trail);
      const same = theirs.steps.find((s) => s.rst && s.side === rst.side);
      return same === undefined ? [] : [shown(theirs, same, "the same RST, seen here")];
    }),
  ]);
}
