import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { shown } from "../findings.ts";
import { isWaitingAt, type PortSigns } from "../listen-queue.ts";
import type { Confidence, PacketEvidence } from "../signature.ts";
import { synsShown } from "../syn-evidence.ts";
import { clientsOf } from "../syn-queries.ts";

/** Connections of each kind shown. */
const MOST_SHOWN = 2;

/** The variant that the packets fit; undefined where they fit neither. */
export type Variant = "accept-queue-overflow" | "syn-queue-overflow";

/** Connections that wait for the application while SYNs are dropped: two are more than one slow request. */
const SEVERAL = 2;
/** Half-open connections that can fill a small queue (tcp_max_syn_backlog is 128 at least on small machines; a listener may have less). */
const MANY_UNFINISHED = 5;

/** How sure the packets alone are. */
export function weigh(signs: PortSigns): { readonly variant: Variant; readonly confidence: Confidence } | undefined {
  const { halfOpened, passedOver, dropped, waiting, unfinished, atHost } = signs;
  const stuck = waiting.filter((w) => dropped.some((a) => isWaitingAt(w, a.syns[0].time)));
  if (halfOpened.length > 0) {
    // Another connection whose data was taken meanwhile shows that the client's packets do arrive.
    const arrives = atHost || waiting.length > 0;
    const often = halfOpened.length >= SEVERAL || halfOpened.some((h) => h.again.length >= SEVERAL);
    // One SYN-ACK that comes again may only mean that an ACK was lost.
    return { variant: "accept-queue-overflow", confidence: arrives && often ? "likely" : "possible" };
  }
  if (passedOver.length > 0) return { variant: "accept-queue-overflow", confidence: atHost ? "likely" : "possible" };
  if (dropped.length > 0 && stuck.length >= SEVERAL) {
    return { variant: "accept-queue-overflow", confidence: "likely" };
  }
  if (dropped.length > 0 && unfinished.length >= MANY_UNFINISHED && stuck.length === 0) {
    return { variant: "syn-queue-overflow", confidence: atHost ? "likely" : "possible" };
  }
  return undefined;
}

export function trailsOf({ halfOpened, passedOver, dropped }: PortSigns): readonly Trail[] {
  const readings = [...halfOpened.map((h) => h.reading), ...passedOver];
  return [...new Set([...readings.map((r) => r.trail), ...dropped.map((a) => a.trail)])];
}

/** The packets: who waits, what is passed over. */
export function packetsOf(
  { halfOpened, passedOver, dropped, waiting, unfinished }: PortSigns,
  variant: Variant,
): PacketEvidence[] {
  const first = dropped[0]?.syns[0].time ?? halfOpened[0]?.data.time ?? passedOver[0]?.steps.at(-1)?.time ?? 0;
  const stuck = waiting.filter((w) => isWaitingAt(w, first));
  return [
    ...(variant === "syn-queue-overflow"
      ? unfinished.slice(0, MOST_SHOWN).flatMap((a) => (a.synAck === undefined ? [] : [shownSynAck(a)]))
      : stuck
          .slice(0, MOST_SHOWN)
          .map((w) => shown(w.reading, w.accepted, "the kernel takes a request that the application does not answer"))),
    ...halfOpened
      .slice(0, MOST_SHOWN)
      .flatMap(({ reading, ack, data, again }) => [
        shown(reading, ack, "the client's ACK: for it the connection is open"),
        ...(data === ack ? [] : [shown(reading, data, "and its request")]),
        ...again
          .slice(0, 2)
          .map((s) => shown(reading, s, "SYN-ACK again: the server passed the ACK and the request over")),
      ]),
    ...passedOver.slice(0, MOST_SHOWN).flatMap((reading) =>
      reading.steps
        .filter((s) => s.side === "client" && (s.fresh || s.repeat) && !s.syn)
        .slice(0, 3)
        .map((s) => shown(reading, s, s.fresh ? "a request that the server's kernel passes over" : "the same again")),
    ),
    ...dropped.slice(0, MOST_SHOWN).flatMap((a) => synsShown(a, MOST_SHOWN)),
  ];
}

const shownSynAck = ({ vantage, synAck }: PortSigns["unfinished"][number]): PacketEvidence => ({
  vantage: vantage.index,
  packet: synAck?.packet ?? 0,
  at: synAck?.time ?? 0,
  shows: "SYN-ACK to a client that never answers it",
});

export function summaryOf(signs: PortSigns, variant: Variant, counted: boolean): string {
  const { halfOpened, passedOver, dropped, waiting, server, unfinished } = signs;
  const at = printEndpoint(server);
  const kernel = counted ? ", and its kernel counted the drops" : "";
  if (variant === "syn-queue-overflow") {
    return `${dropped.length} attempts of ${clientsOf(dropped)} to open a connection to ${at} got no answer while ${unfinished.length} half-open ones filled its queue${kernel}.`;
  }
  const passed = halfOpened[0];
  const half =
    passed === undefined
      ? ""
      : ` On ${halfOpened.length === 1 ? "a connection" : `${halfOpened.length} connections`} the client held for open, the server passed ACK and request over and repeated its SYN-ACK${spanOf(passed)}.`;
  const over =
    passedOver.length === 0
      ? ""
      : ` ${passedOver.length} more got a SYN-ACK and no other word, though their requests were repeated.`;
  const syns =
    dropped.length === 0 ? "" : ` ${dropped.length} attempts of ${clientsOf(dropped)} got no answer to their SYNs.`;
  const idle = waiting.length === 0 ? "" : ` ${waiting.length} connections were open and waited for the application.`;
  return `The queue of connections that ${at} has to accept was full${kernel}: its application did not accept fast enough, or not at all.${half}${over}${syns}${idle}`;
}

const spanOf = ({ data, again }: PortSigns["halfOpened"][number]): string => {
  const last = again[again.length - 1];
  return last === undefined ? "" : ` up to ${printSpan(last.time - data.time)} later`;
};
