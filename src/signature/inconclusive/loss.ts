import { ACK } from "../../net/tcp-flags.ts";
import { SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { asksSomething, openRequest } from "../open-request.ts";
import { isProbe } from "../probing.ts";
import { remember } from "../remember.ts";
import type { Scene, Vantage } from "../scene.ts";
import { serverClose } from "../server-close.ts";
import { unansweredTail } from "../silence.ts";
import { isStray } from "../stray-replies.ts";
import { type Attempt, attemptsOf } from "../syn-queries.ts";
import { covers, other, patience, type Reading, readTrail, type Step } from "../trail-queries.ts";

/** What can be seen to have gone wrong, whatever the cause. */
export type LossKind = "reset" | "closed-unanswered" | "unanswered" | "lost-ping" | "keepalive-unanswered" | "connect";

/** A visible loss on one connection. */
export interface Loss {
  readonly kind: LossKind;
  readonly reading: Reading;
  /** What was asked and got no answer: a request, a PING, a SYN. */
  readonly asked: Step;
  /** The same again. */
  readonly repeats: readonly Step[];
  /** What ended it: RST, FIN; undefined when nothing came. */
  readonly end: Step | undefined;
  /** Whether the receiver acknowledged what was asked. */
  readonly accepted: boolean;
}

/** Shorter waits at the end of a capture are patience, not loss. */
const SEVERAL_SECONDS = 3 * SECOND;
/** Keepalive probes without an answer that mean more than one lost packet. */
const PROBES = 3;

/** The loss that a trail shows; undefined for everything that may be healthy. */
export function lossOf(scene: Scene, trail: Trail): Loss | undefined {
  const vantage = scene.vantages[trail.vantage];
  if (vantage === undefined || vantage.oneSided || isStray(vantage, trail)) return undefined;
  const reading = readTrail(trail);
  if (!reading.established) {
    const attempt = attemptByTrail(vantage).get(trail);
    return attempt === undefined ? undefined : connectLoss(reading, attempt, vantage);
  }
  return closedLoss(reading) ?? strangerReset(reading) ?? unansweredLoss(reading) ?? pingLoss(reading);
}

const attemptByTrail = remember((vantage: Vantage) => new Map(attemptsOf(vantage).map((a) => [a.trail, a] as const)));

/** SYNs repeated in vain. A scan loses nobody a connection. */
function connectLoss(reading: Reading, attempt: Attempt, vantage: Vantage): Loss | undefined {
  if (attempt.syns.length < 2 || attempt.refusal !== undefined || isProbe(attempt)) return undefined;
  const syns = reading.steps.filter((s) => s.syn && s.side === "client");
  const [asked, ...repeats] = syns;
  if (asked === undefined || vantage.to - asked.time < SEVERAL_SECONDS) return undefined;
  return { kind: "connect", reading, asked, repeats, end: undefined, accepted: false };
}

/** The server closed or reset while it owed an answer. */
function closedLoss(reading: Reading): Loss | undefined {
  const close = serverClose(reading);
  if (close === undefined || close.farewell) return undefined;
  const { steps } = reading;
  const { step } = close;
  const rst = step.rst ? step : steps.find((s) => s.rst && s.side === "server" && s.index > step.index);
  const late = steps.find((s) => s.index > step.index && s.index < (rst?.index ?? 0) && isNewRequest(reading, s));
  if (late !== undefined) return { kind: "reset", reading, asked: late, repeats: [], end: rst, accepted: false };
  const open = openRequest(reading, step);
  if (open !== undefined) {
    const sure = open.request !== "unclear" || open.accepted === undefined;
    const kind = step.rst ? "reset" : "closed-unanswered";
    return sure
      ? { kind, reading, asked: open.first, repeats: [], end: step, accepted: open.accepted !== undefined }
      : undefined;
  }
  return step.rst ? handshakeReset(reading, step) : undefined;
}

/** The client asks something after an answer, not merely the rest of an upload that was answered early. */
function isNewRequest(reading: Reading, step: Step): boolean {
  if (step.side !== "client" || !step.fresh || !asksSomething(reading, step)) return false;
  const answer = reading.steps.slice(0, step.index).findLast((s) => s.side === "server" && s.fresh);
  return reading.payload(step).kind === "request" || answer === undefined || step.time - answer.time >= SECOND;
}

/** RST in answer to the client's part of a TLS handshake. */
function handshakeReset(reading: Reading, rst: Step): Loss | undefined {
  const last = reading.steps.slice(0, rst.index).findLast((s) => s.fresh);
  if (last?.side !== "client" || reading.payload(last).kind !== "handshake") return undefined;
  const accepted = reading.steps.some(
    (s) => s.side === "server" && s.index > last.index && !s.rst && covers(s, last.end),
  );
  return { kind: "reset", reading, asked: last, repeats: [], end: rst, accepted };
}

/**
 * A bare RST in answer to data, from an end that had not closed: it has no socket any more (RFC 9293
 * §3.10.7.1), or somebody else says so in its name. An end that closes on purpose sends RST with ACK.
 */
function strangerReset(reading: Reading): Loss | undefined {
  const rst = reading.steps.find((s) => s.fin || s.rst);
  if (rst === undefined || !rst.rst || (rst.segment.flags & ACK) !== 0) return undefined;
  const asked = reading.steps.slice(0, rst.index).findLast((s) => s.side !== rst.side);
  if (asked?.fresh !== true || asked.segment.ack !== rst.segment.seq || rst.time - asked.time > patience(reading))
    return undefined;
  const { kind } = reading.payload(asked);
  if (kind === "farewell" || kind === "goaway") return undefined;
  return { kind: "reset", reading, asked, repeats: [], end: rst, accepted: false };
}

/** Data or keepalive probes repeated in vain, by either side. */
function unansweredLoss(reading: Reading): Loss | undefined {
  for (const speaker of ["client", "server"] as const) {
    const tail = unansweredTail(reading, speaker);
    if (tail === undefined || tail.span < SEVERAL_SECONDS) continue;
    const { first, repeats } = tail;
    if (first.probe && repeats.length + 1 < PROBES) continue;
    if (!first.probe && (!first.fresh || repeats.length < 2)) continue;
    return {
      kind: first.probe ? "keepalive-unanswered" : "unanswered",
      reading,
      asked: first,
      repeats,
      end: undefined,
      accepted: false,
    };
  }
  return neverAcknowledged(reading);
}

/** Data sent again and again and never acknowledged, although the other side still sends something. */
function neverAcknowledged(reading: Reading): Loss | undefined {
  for (const speaker of ["client", "server"] as const) {
    const highest = reading.acked[other(speaker)];
    if (highest === undefined) continue;
    const asked = reading.steps.find((s) => s.side === speaker && s.fresh && ((s.end - highest) | 0) > 0);
    if (asked === undefined) continue;
    const repeats = reading.steps.filter(
      (s) => s.side === speaker && s.repeat && s.index > asked.index && s.segment.seq === asked.segment.seq,
    );
    const last = repeats.at(-1);
    if (repeats.length < PROBES || last === undefined || last.time - asked.time < SEVERAL_SECONDS) continue;
    return { kind: "unanswered", reading, asked, repeats, end: undefined, accepted: false };
  }
  return undefined;
}

/** An HTTP/2 PING after silence that was acknowledged as bytes and never answered, until the client closed. */
function pingLoss(reading: Reading): Loss | undefined {
  const { steps } = reading;
  const asked = steps.findLast((s) => s.side === "client" && s.fresh && reading.payload(s).pingSized);
  if (asked === undefined || asked.silence < SECOND) return undefined;
  const later = steps.slice(asked.index + 1);
  const end = later.find((s) => s.fin || s.rst);
  if (end === undefined || end.side !== "client" || end.time - asked.time < SEVERAL_SECONDS) return undefined;
  if (later.some((s) => s.fresh && s.index < end.index && (s.side === "server" || asksSomething(reading, s))))
    return undefined;
  return { kind: "lost-ping", reading, asked, repeats: [], end, accepted: true };
}
