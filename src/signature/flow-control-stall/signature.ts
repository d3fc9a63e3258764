import { printSpan, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { onePerConnection, shown, withSightings } from "../findings.ts";
import { between, endOf, placed, streamOf } from "../http2-findings.ts";
import { http2Stories } from "../http2-stories.ts";
import type { Http2Story } from "../http2-story.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Evidence, Finding, Signature } from "../signature.ts";
import { endpointOf, named, other, readTrail } from "../trail-queries.ts";
import { http2Stalls } from "./http2-stall.ts";
import { type ZeroWindow, zeroWindowOf } from "./zero-window.ts";

export const signature: Signature = {
  id: "flow-control-stall",
  kind: "incident",
  title: "A transfer stood still because the receiver took no more, and was given up: HTTP/2 window or TCP window 0",
  symptoms: ["transfer-stalled", "request-lost"],
  certainFrom: "decoded frames of the connection from its start (HTTP/2), or a capture of its end (TCP window 0)",
  remedy:
    "Look at the receiving program: it does not read this stream (HTTP/2: often a response body that nobody consumes or closes, which also blocks the others once the connection's window is used up) or does not read its socket at all (a blocked thread, a stopped process). Read or cancel every body; give the sender a time limit for writing.",
  references: [
    "RFC 9113 §5.2, §6.9 (flow control, WINDOW_UPDATE)",
    "RFC 9293 §3.8.6.1 (zero-window probes)",
    "Linux net/ipv4/tcp_timer.c, tcp_probe_timer (gives up like retransmission when the receiver is silent)",
  ],
  detect: (scene) => [
    ...http2Stories(scene).flatMap((story) => stallIn(scene, story)),
    ...onePerConnection(scene, (trail) => closedWindow(scene, trail)),
  ],
};

/** Shorter stalls are a reader that is busy for a moment. */
const LEAST = 5 * SECOND;
const LEAST_OPEN = 30 * SECOND;

function stallIn(scene: Scene, story: Http2Story): Finding[] {
  if (story.gaps) return [];
  const stall = http2Stalls(story).find(
    ({ lasted, ended }) => lasted >= (ended.mark === undefined ? LEAST_OPEN : LEAST),
  );
  if (stall === undefined) return [];
  const { sender, stream, full, request, ended, lasted } = stall;
  const receiver = other(sender);
  const which =
    stream === 0
      ? "the connection's window"
      : `the window of ${request === undefined ? `stream ${stream}` : streamOf(request)}`;
  const evidence: Evidence[] = [
    ...(request === undefined ? [] : [request.opened.shown(`${streamOf(request)} is opened`)]),
    full.mark.shown(`DATA of ${full.length} bytes uses up ${which}: the ${sender} may send no more`),
    ...(ended.mark === undefined ? [] : [ended.mark.shown(`${ended.how}, without a WINDOW_UPDATE since`)]),
    ...story.also,
  ];
  const captured = story.log === undefined && ended.mark !== undefined;
  return [
    {
      cause: signature.id,
      variant: stream === 0 ? "http2-connection-window" : "http2-stream-window",
      confidence: captured ? "certain" : "likely",
      initiator: ended.by ?? receiver,
      ...placed(scene, story, full.mark, evidence),
      summary: `${endOf(story, sender)} could send no more on ${between(story)}: ${which} was used up and ${endOf(story, receiver)} sent no WINDOW_UPDATE for it in ${printSpan(lasted)}. What ended it: ${ended.how}. The receiving program did not take what had come.`,
      ruledOut: [
        {
          cause: "silent-idle-drop",
          because: "the sender was not allowed to send, so that its silence needs no box on the path",
        },
        { cause: "peer-vanished", because: "nothing that was sent went unanswered by TCP" },
      ],
      refutedBy: "a WINDOW_UPDATE for that stream or connection in the time between, in a capture that lost no packets",
      ...(captured ? {} : { next: next(story) }),
      symptoms: signature.symptoms,
    },
  ];
}

function next(story: Http2Story): string {
  const host = story.client?.address;
  return host === undefined
    ? "Capture at the client with TLS keys until the request is given up, and take a stack dump of the receiving program meanwhile"
    : `${captureAt("the client's host", hostFilter(host), "from the connection's start until the request is given up, with TLS keys")}; take a stack dump of the receiving program meanwhile`;
}

function closedWindow(scene: Scene, trail: Trail): Finding | undefined {
  const found = zeroWindowOf(trail);
  if (found === undefined) return undefined;
  const reading = readTrail(trail);
  const { receiver, first, last, probes, end, lasted } = found;
  const sender = other(receiver);
  const evidence = [
    shown(reading, first, `the ${receiver} closes its window (0 bytes)`),
    ...probes.slice(0, 3).map((p) => shown(reading, p, `the ${sender} asks whether it is still closed`)),
    shown(reading, last, "and it is: window 0"),
    ...(end === undefined ? [] : [shown(reading, end, `${end.rst ? "RST" : "FIN"} of the ${end.side} ends it`)]),
  ];
  const confidence = confidenceOf(found);
  return {
    cause: signature.id,
    variant: "tcp-zero-window",
    confidence,
    initiator: end?.side ?? receiver,
    at: first.time,
    trails: withSightings(scene, trail),
    evidence,
    summary: `${named(trail, receiver)} closed its TCP window and kept it closed for ${printSpan(lasted)} while ${named(trail, sender)} asked ${probes.length} times${end === undefined ? "; so the capture ends" : `, until ${end.rst ? "a RST" : "a FIN"} of the ${end.side} ended it`}. The receiver's program did not read its socket; its kernel was there and answered.`,
    ruledOut: [
      { cause: "peer-vanished", because: "the probes were answered" },
      { cause: "silent-idle-drop", because: "packets went through in both directions all the time" },
    ],
    refutedBy: "a packet of the receiver in that time with a window above 0",
    ...(confidence === "certain"
      ? {}
      : {
          next: captureAt(
            `the receiver's host (${endpointOf(trail, receiver).address})`,
            hostFilter(endpointOf(trail, sender).address),
            "until the end of the connection; ss -tnmi there shows what its socket holds unread",
          ),
        }),
    symptoms: ["transfer-stalled"],
  };
}

/** Answered probes to the end prove it; without an end the reader may have come back later. */
function confidenceOf({ end, last, probes }: ZeroWindow): Confidence {
  if (end === undefined) return "possible";
  return probes.some((p) => p.index < last.index) ? "certain" : "likely";
}
