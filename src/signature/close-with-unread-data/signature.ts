import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { counted } from "../aborts-counted.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly, capital, carried, onePerConnection, seenAtServer, shown, withSightings } from "../findings.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import { closedTogether, refusedAfter } from "../server-close.ts";
import type { Confidence, Finding, PacketEvidence, Signature } from "../signature.ts";
import { strangeness } from "../stranger.ts";
import { endpointOf, named, type Reading, readTrail } from "../trail-queries.ts";
import { type EarlyClose, earlyClose } from "./early-close.ts";

export const signature: Signature = {
  id: "close-with-unread-data",
  kind: "incident",
  title:
    "The server closed a connection without reading what the client had sent, so that its kernel answered with RST",
  symptoms: ["connection-reset", "broken-pipe", "empty-reply"],
  certainFrom: "the server's host, with an early answer in the capture or TcpExtTCPAbortOnClose before and after",
  remedy:
    "At the server: read what the client sends (or its first part, for a bounded time) after the answer and before the close: shut the sending side down, read to the end, then close; nginx calls this lingering_close. Refuse uploads before they begin: `Expect: 100-continue`, and limits that match in every hop. Clients should read the answer even when sending fails.",
  references: [
    "RFC 9112 §9.6 (a server that closes early must linger, or the RST destroys its answer)",
    "RFC 2525 §2.17 (closing with unread data sends RST)",
    "Linux net/ipv4/tcp.c, __tcp_close (TCPAbortOnClose); net/ipv4/tcp_input.c, tcp_rcv_state_process (TCPAbortOnData)",
    "https://nginx.org/en/docs/http/ngx_http_core_module.html#lingering_close",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const reading = readTrail(trail);
  const early = scene.vantages[trail.vantage]?.oneSided === false ? earlyClose(reading) : undefined;
  if (early === undefined || portElsewhere(scene, trail, early.rst.time) === "collided") return undefined;
  const { close, kind, answer, rst, first } = early;
  if (strangeness(scene, reading, close.step).some((sign) => sign.strong && sign.by === "hops")) return undefined;
  // Everything of that server ended at once: its process did.
  if (closedTogether(scene, close).length > 0 || refusedAfter(scene, close) !== undefined) return undefined;
  const counts = counted(scene, ["TcpExtTCPAbortOnClose", "TcpExtTCPAbortOnData"]);
  // A server that has read the request and aborts looks the same; only its kernel's counter tells.
  if (kind === "request" && counts.length === 0) return undefined;
  const confidence = confidenceOf(scene, early, counts.length > 0);
  const server = endpointOf(trail, "server");
  return {
    cause: signature.id,
    variant: kind === "upload" ? "during-upload" : "request-unread",
    confidence,
    initiator: "server",
    at: rst.time,
    trails: withSightings(scene, trail),
    evidence: [...evidenceOf(scene, reading, early), ...counts.slice(0, 2)],
    summary: `${capital(named(trail, "server"))} closed its connection with ${named(trail, "client")} while ${kind === "upload" ? "the client was still sending" : `what the client had sent ${printSpan(rst.time - early.last.time)} before`} (${carried(reading, first)}) ${kind === "upload" ? "and " : ""}lay unread, so that the client got a RST${answer === undefined ? " and no answer" : ` ${printSpan(rst.time - answer.time)} after the answer (${carried(reading, answer)}), which it may never have read`}.`,
    ruledOut: [
      {
        cause: "keep-alive-race",
        because:
          kind === "upload"
            ? "the connection was not idle: the upload was under way"
            : "the RST acknowledges the request",
      },
      {
        cause: "accepted-then-abandoned",
        because: `the server closed ${printSpan(Math.max(0, close.step.time - early.last.time))} after the data: no wait that ran out`,
      },
      {
        cause: "process-gone",
        because: "no other connection of that server closed with it, and none was refused afterwards",
      },
    ],
    refutedBy: "a server log that shows the whole request read, or its process ending at that instant",
    ...(confidence === "certain"
      ? {}
      : {
          next: `${captureAt(`the server ${server.address}`, hostFilter(endpointOf(trail, "client").address, server.port), "shows the RST leave from there")}; and read nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData there before and after`,
        }),
    symptoms: [answer === undefined && kind === "upload" ? "broken-pipe" : "connection-reset"],
  };
}

/** An answer in the middle of the upload shows a server that lives and has decided; without one its process may have died. */
function confidenceOf(scene: Scene, { answer, close }: EarlyClose, grew: boolean): Confidence {
  if (answer !== undefined) return seenAtServer(scene, close.reading.trail) ? "certain" : "likely";
  return grew ? "likely" : "possible";
}

function evidenceOf(scene: Scene, reading: Reading, early: EarlyClose): readonly PacketEvidence[] {
  const { close, kind, first, last, answer, rst } = early;
  return briefly([
    shown(reading, first, `the client sends ${carried(reading, first)}`),
    ...(answer === undefined
      ? []
      : [shown(reading, answer, `the server answers before the upload is whole: ${carried(reading, answer)}`)]),
    ...(close.step === rst ? [] : [shown(reading, close.step, "FIN: the server has closed")]),
    ...(last === first
      ? []
      : [shown(reading, last, kind === "upload" ? "the client is still sending" : "the last of it")]),
    shown(
      reading,
      rst,
      close.step === rst
        ? "RST with ACK: the socket was closed with data unread"
        : "RST: data came for a socket that had been closed",
    ),
    ...scene.sightings(reading.trail).flatMap(({ trail }) => {
      const theirs = earlyClose(readTrail(trail));
      return theirs === undefined ? [] : [shown(theirs.close.reading, theirs.rst, "the same RST, seen here")];
    }),
  ]);
}
