import { printable } from "../../net/printable.ts";
import { seqAfter } from "../../net/sequence.ts";
import { ACK } from "../../net/tcp-flags.ts";
import { SECOND } from "../../net/time.ts";
import { type HttpMessage, headerOf } from "../../session/http1/message.ts";
import { asksSomething } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { other, type Reading, readTrail, type Step } from "../trail-queries.ts";

/** What a RST with ACK destroyed. */
export type Loss =
  /** An answer that says how long it is, and ended before. */
  | { readonly kind: "answer"; readonly message: HttpMessage; readonly promised: string | undefined }
  /** Bytes that left and never arrived: the receiver's capture ends before them. */
  | { readonly kind: "bytes"; readonly bytes: number; readonly at: Reading; readonly last: Step };

/** A socket that was closed by RST although its sender had more to deliver. */
export interface CutShort {
  readonly reading: Reading;
  readonly rst: Step;
  /** The last data of its sender. */
  readonly last: Step;
  readonly loss: Loss;
}

/** Looks for a RST from a living socket, in the middle of what it was sending. */
export function cutShort(scene: Scene, reading: Reading): CutShort | undefined {
  const rst = reading.steps.find((s) => s.rst || s.fin);
  if (rst === undefined || !rst.rst || !reading.established || !fromSocket(reading, rst)) return undefined;
  const last = reading.steps.findLast((s) => s.side === rst.side && s.fresh && s.index < rst.index);
  // What comes long after is another story: a timeout, an idle limit, keepalive.
  if (last === undefined || rst.time - last.time > SECOND || !hadRead(reading, rst, last)) return undefined;
  if (starved(reading, rst)) return undefined;
  const loss = bytesLost(scene, reading, rst, last) ?? answerLost(scene, reading, rst);
  return loss === undefined ? undefined : { reading, rst, last, loss };
}

/**
 * A RST that a socket sends on closing carries ACK and the connection's timestamps where it uses them
 * (Linux tcp_send_active_reset); what answers for a socket that is gone carries neither.
 */
function fromSocket(reading: Reading, rst: Step): boolean {
  if ((rst.segment.flags & ACK) === 0) return false;
  const own = reading.steps.filter((s) => s.side === rst.side && !s.rst && !s.syn);
  const stamped = own.length > 0 && own.every((s) => s.segment.timestamp !== undefined);
  return !stamped || rst.segment.timestamp !== undefined;
}

/** Nothing was unread: the sender had answered all that the other end had asked, and its RST acknowledges it. */
function hadRead(reading: Reading, rst: Step, last: Step): boolean {
  const asked = reading.steps.filter(
    (s) => s.side !== rst.side && s.fresh && s.index < rst.index && asksSomething(reading, s),
  );
  const latest = asked.at(-1);
  return latest === undefined || (latest.index < last.index && ((latest.end - rst.segment.ack) | 0) <= 0);
}

/** The receiver had closed its window: its sender had reason to give up. */
function starved(reading: Reading, rst: Step): boolean {
  const heard = reading.steps.findLast((s) => s.side !== rst.side && s.index < rst.index);
  return heard !== undefined && heard.segment.window === 0;
}

function answerLost(scene: Scene, reading: Reading, rst: Step): Loss | undefined {
  // A client that breaks off what it sends, or that reads no more, has decided so itself.
  if (rst.side !== "server" || reading.unseen.server || reading.trail.omitted > 0) return undefined;
  const direction = reading.trail.flow.client === "a" ? 1 : 0;
  const session = scene.session(reading.trail);
  if (session === undefined || session.omitted > 0 || session.summary.missing[direction] > 0) return undefined;
  const message = session.events.findLast((e) => e.kind === "http1-message" && e.direction === direction);
  if (message?.kind !== "http1-message" || message.complete || message.head.kind !== "response") return undefined;
  if (message.framing !== "length" && message.framing !== "chunked") return undefined;
  const promised = headerOf(message.head, "content-length");
  return { kind: "answer", message, promised: promised === undefined ? undefined : printable(promised) };
}

function bytesLost(scene: Scene, reading: Reading, rst: Step, last: Step): Loss | undefined {
  if (scene.vantages[reading.trail.vantage]?.place !== rst.side) return undefined;
  for (const { trail, vantage, uncertainty } of scene.sightings(reading.trail)) {
    if (vantage.place !== other(rst.side) || trail.omitted > 0 || !Number.isFinite(uncertainty)) continue;
    const theirs = readTrail(trail);
    const arrived = theirs.steps.findLast((s) => s.side === rst.side && !s.rst);
    // The RST itself must be there: otherwise the capture ended, or lost both.
    if (arrived === undefined || theirs.unseen[rst.side] || !theirs.steps.some((s) => s.rst && s.side === rst.side))
      continue;
    const top = theirs.steps.reduce(
      (end, s) => (s.side === rst.side && !s.rst && seqAfter(s.end, end) ? s.end : end),
      arrived.end,
    );
    const bytes = (last.end - top) | 0;
    if (bytes > 0) return { kind: "bytes", bytes, at: theirs, last: arrived };
  }
  return undefined;
}
