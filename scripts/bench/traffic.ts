/**
 * Healthy TCP traffic for measuring: many interleaved conversations on port 443, each with a handshake, requests and
 * responses, a keepalive where it rests long, now and then a lost and resent segment, and a proper close. Nothing is
 * lost in it, so `explain` must find nothing.
 *
 * Every flow has exactly one event pending, which is the next packet it will show; a wheel of one-millisecond buckets
 * orders the flows. The state of a flow is a few slots of typed arrays. Same options, same bytes.
 */

import { dice } from "../lib/random.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { Recipe, TrafficSummary } from "./recipe.ts";

const WHEEL = 1 << 17;
const LONGEST_DELAY_MS = 120_000;
/** Flows begin within this span, so that all of them are open together for a while. */
const BEGIN_WITHIN_MS = 240_000;
const KEEPALIVE_AFTER_MS = 45_000;
const RETRANSMIT_AFTER_MS = 220;
const LOSS = 0.0005;
const FULL = 1448;
const MAX_PER_MS = 999;

const FIN = 0x01;
const SYN = 0x02;
const PSH = 0x08;
const ACK = 0x10;

/** What a flow will show next. */
const STEP = {
  syn: 0,
  synAck: 1,
  established: 2,
  request: 3,
  response: 4,
  ack: 5,
  keepalive: 6,
  keepaliveAck: 7,
  resend: 8,
  afterGap: 9,
  duplicateAck: 10,
  fillGap: 11,
  fin: 12,
  finAnswer: 13,
  lastAck: 14,
  done: 15,
} as const;

// The slots of a flow's row.
const STATE = 0;
const SEQ_CLIENT = 1;
const SEQ_SERVER = 2;
const CLOCK_CLIENT = 3;
const CLOCK_SERVER = 4;
const BUDGET = 5;
const SEGMENTS_LEFT = 6;
const LAST_LENGTH = 7;
const RTT = 8;
const NEXT_IN_BUCKET = 9;
const WIDTH = 10;

/** Writes one capture to `path`. */
export function writeTraffic(path: string, traffic: Recipe): TrafficSummary {
  const { unit, below, next } = dice(traffic.seed);
  const writer = new FrameWriter(path, traffic);
  const rows = new Int32Array(traffic.flows * WIDTH);
  const head = new Int32Array(WHEEL).fill(-1);
  const tail = new Int32Array(WHEEL).fill(-1);
  const begins = beginnings(traffic.flows, unit);
  const hosts = Math.max(1, Math.ceil(traffic.flows / 20_000));
  let now = 0;
  let inThisMs = 0;
  let open = 0;
  let begun = 0;
  let resent = 0;
  let keepalives = 0;

  while (begun < traffic.flows || open > 0) {
    while (begun < traffic.flows && (begins[begun] as number) <= now) begin(begun++);
    const bucket = now & (WHEEL - 1);
    inThisMs = 0;
    for (let flow = head[bucket] as number; flow >= 0; flow = head[bucket] as number) {
      head[bucket] = rows[flow * WIDTH + NEXT_IN_BUCKET] as number;
      advance(flow);
    }
    now++;
  }
  writer.close();
  return { packets: writer.packets, bytes: writer.bytes, flows: traffic.flows, resent, keepalives };

  function begin(flow: number): void {
    const row = flow * WIDTH;
    rows[row + STATE] = STEP.syn;
    rows[row + SEQ_CLIENT] = next();
    rows[row + SEQ_SERVER] = next();
    rows[row + CLOCK_CLIENT] = 0;
    rows[row + CLOCK_SERVER] = 0;
    rows[row + BUDGET] = traffic.bytesPerFlow * (0.5 + unit());
    rows[row + RTT] = 2 + below(40);
    open++;
    schedule(flow, 0);
  }

  /** Puts the flow at the end of the bucket `delay` milliseconds ahead; of the current one when 0. */
  function schedule(flow: number, delay: number): void {
    const bucket = (now + Math.min(delay, LONGEST_DELAY_MS)) & (WHEEL - 1);
    rows[flow * WIDTH + NEXT_IN_BUCKET] = -1;
    if ((head[bucket] as number) < 0) head[bucket] = flow;
    else rows[(tail[bucket] as number) * WIDTH + NEXT_IN_BUCKET] = flow;
    tail[bucket] = flow;
  }

  /** Shows the flow's next packet and decides what comes after it, and when. */
  function advance(flow: number): void {
    const row = flow * WIDTH;
    const rtt = rows[row + RTT] as number;
    const step = rows[row + STATE] as number;
    switch (step) {
      case STEP.syn:
        send(flow, true, SYN, 0);
        return then(flow, STEP.synAck, rtt);
      case STEP.synAck:
        send(flow, false, SYN | ACK, 0);
        return then(flow, STEP.established, 0);
      case STEP.established:
        send(flow, true, ACK, 0);
        return then(flow, STEP.request, 1);
      case STEP.request:
        send(flow, true, PSH | ACK, between(traffic.request));
        rows[row + SEGMENTS_LEFT] = 1 + below(traffic.segments);
        return then(flow, STEP.response, rtt + below(20));
      case STEP.response:
        return respond(flow, rtt);
      case STEP.resend:
        resent++;
        resend(flow);
        return then(flow, STEP.ack, 0);
      case STEP.afterGap:
        send(flow, false, PSH | ACK, FULL);
        return then(flow, STEP.duplicateAck, 0);
      case STEP.duplicateAck:
        sendDuplicateAck(flow);
        return then(flow, STEP.fillGap, rtt);
      case STEP.fillGap:
        resent++;
        fillGap(flow);
        return then(flow, STEP.ack, 0);
      case STEP.ack:
        send(flow, true, ACK, 0);
        if ((rows[row + SEGMENTS_LEFT] as number) > 0) return then(flow, STEP.response, rtt >>> 1);
        return pause(flow, rtt);
      case STEP.keepalive:
        keepalives++;
        sendKeepalive(flow);
        return then(flow, STEP.keepaliveAck, rtt);
      case STEP.keepaliveAck:
        send(flow, false, ACK, 0);
        return then(flow, STEP.request, 1000 + below(20_000));
      case STEP.fin:
        send(flow, clientCloses(flow), FIN | ACK, 0);
        return then(flow, STEP.finAnswer, rtt);
      case STEP.finAnswer:
        send(flow, !clientCloses(flow), FIN | ACK, 0);
        return then(flow, STEP.lastAck, 0);
      case STEP.lastAck:
        send(flow, clientCloses(flow), ACK, 0);
        rows[row + STATE] = STEP.done;
        open--;
    }
  }

  function then(flow: number, step: number, delay: number): void {
    rows[flow * WIDTH + STATE] = step;
    schedule(flow, delay);
  }

  function respond(flow: number, rtt: number): void {
    const row = flow * WIDTH;
    const left = (rows[row + SEGMENTS_LEFT] as number) - 1;
    rows[row + SEGMENTS_LEFT] = left;
    const full = unit() < traffic.fullSegment;
    const luck = unit();
    if (luck < LOSS) {
      // Lost before the vantage point: the next segment shows a gap (its bytes are the ones never seen).
      rows[row + SEQ_SERVER] = ((rows[row + SEQ_SERVER] as number) + FULL) | 0;
      return then(flow, STEP.afterGap, 1);
    }
    const length = full ? FULL : between(traffic.response);
    send(flow, false, left === 0 ? PSH | ACK : ACK, length);
    // Lost behind the vantage point: seen once more when the sender's timer fires.
    if (luck < 2 * LOSS) return then(flow, STEP.resend, RETRANSMIT_AFTER_MS + rtt);
    if (left > 0 && (left & 1) === 0) return then(flow, STEP.response, 0);
    return then(flow, STEP.ack, 0);
  }

  /** After an exchange: close, or rest and ask again, with a keepalive when the rest is long. */
  function pause(flow: number, rtt: number): void {
    if ((rows[flow * WIDTH + BUDGET] as number) <= 0) return then(flow, STEP.fin, rtt);
    const think = Math.ceil(-Math.log(1 - unit()) * traffic.thinkMs);
    if (think > KEEPALIVE_AFTER_MS) return then(flow, STEP.keepalive, KEEPALIVE_AFTER_MS);
    return then(flow, STEP.request, 1 + think);
  }

  function send(flow: number, fromClient: boolean, flags: number, length: number): void {
    const row = flow * WIDTH;
    const mine = fromClient ? SEQ_CLIENT : SEQ_SERVER;
    const theirs = fromClient ? SEQ_SERVER : SEQ_CLIENT;
    const seq = rows[row + mine] as number;
    const ack = flags === SYN ? 0 : (rows[row + theirs] as number);
    emit(flow, fromClient, flags, seq, ack, length);
    rows[row + mine] = (seq + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) | 0;
    if (length > 0) rows[row + LAST_LENGTH] = length;
  }

  function resend(flow: number): void {
    const row = flow * WIDTH;
    const length = rows[row + LAST_LENGTH] as number;
    const seq = (rows[row + SEQ_SERVER] as number) - length;
    emit(flow, false, PSH | ACK, seq, rows[row + SEQ_CLIENT] as number, length);
  }

  function sendDuplicateAck(flow: number): void {
    const row = flow * WIDTH;
    writer.sackRight = rows[row + SEQ_SERVER] as number;
    writer.sackLeft = writer.sackRight - FULL;
    emit(flow, true, ACK, rows[row + SEQ_CLIENT] as number, writer.sackLeft - FULL, 0);
    writer.sackLeft = 0;
    writer.sackRight = 0;
  }

  function fillGap(flow: number): void {
    const row = flow * WIDTH;
    const seq = (rows[row + SEQ_SERVER] as number) - 2 * FULL;
    emit(flow, false, ACK, seq, rows[row + SEQ_CLIENT] as number, FULL);
  }

  /** One byte before the next expected one (RFC 9293 §3.8.4). */
  function sendKeepalive(flow: number): void {
    const row = flow * WIDTH;
    const seq = (rows[row + SEQ_CLIENT] as number) - 1;
    emit(flow, true, ACK, seq, rows[row + SEQ_SERVER] as number, 0);
  }

  /** The one place where a packet leaves: addresses from the flow's number, timestamps from the clock. */
  function emit(flow: number, fromClient: boolean, flags: number, seq: number, ack: number, length: number): void {
    const row = flow * WIDTH;
    inThisMs = Math.min(inThisMs + 1, MAX_PER_MS);
    writer.time = now * 1000 + inThisMs;
    writer.client = 2 + (flow % hosts) * 3;
    writer.clientPort = 32_768 + Math.floor(flow / hosts);
    writer.server = 10 + (flow % 48);
    writer.fromClient = fromClient;
    writer.flags = flags;
    writer.seq = seq;
    writer.ack = ack;
    const mine = fromClient ? CLOCK_CLIENT : CLOCK_SERVER;
    writer.tsValue = now + (fromClient ? 0x10000000 : 0x30000000) + flow;
    writer.tsEcho = flags === SYN ? 0 : (rows[row + CLOCK_CLIENT + CLOCK_SERVER - mine] as number);
    rows[row + mine] = writer.tsValue;
    writer.payload = length;
    writer.emit();
    rows[row + BUDGET] = (rows[row + BUDGET] as number) - length - 82;
  }

  function between([low, high]: readonly [number, number]): number {
    return low + below(high - low + 1);
  }
}

/** Half of the flows are closed by the client, half by the server. */
function clientCloses(flow: number): boolean {
  return (flow & 1) === 0;
}

/** When each flow begins, in milliseconds, in order. */
function beginnings(flows: number, unit: () => number): Float64Array {
  const times = new Float64Array(flows);
  for (let i = 0; i < flows; i++) times[i] = Math.floor(unit() * BEGIN_WITHIN_MS);
  return times.sort();
}
