import { seqDiff } from "../../net/sequence.ts";
import * as tcpFlags from "../../net/tcp-flags.ts";
import { mix } from "../engine/dice.ts";
import * as endpoints from "../engine/endpoint.ts";
import type { Kernel } from "./kernel.ts";
import * as limits from "./kernel.ts";
import * as layout from "./layout.ts";
import * as packetLayout from "./packets.ts";

const { ACK, FIN, PSH, RST, SYN } = tcpFlags;
const { placeOf } = endpoints;
const { INVALID_RATE_LIMIT, MILLISECOND, RTO_INITIAL, RTO_MAX, RTO_MIN, WINDOW, WINDOW_FIELD, WINDOW_FIELD_SYN } =
  limits;
const {
  CLOSE_WAIT,
  ESTABLISHED,
  F_FIN_QUEUED,
  F_FIN_SENT,
  F_PROBE_NEXT,
  F_PROBED,
  F_RECOVERY,
  F_TIMING,
  FIN_WAIT_1,
  LAST_ACK,
  S_BACKOFF,
  S_CWND,
  S_FLAGS,
  S_GENERATION,
  S_IP_ID,
  S_ISS,
  S_LOCAL,
  S_NXT,
  S_OWED,
  S_RCV,
  S_RECOVER,
  S_REFS,
  S_REMOTE,
  S_REPEAT,
  S_SEGMENTS,
  S_STATE,
  S_TIMED,
  S_TS_OFFSET,
  S_TS_RECENT,
  S_UNA,
  S_WRITE,
  SOCKET_TIMES,
  SOCKET_WORDS,
  SYN_RECEIVED,
  SYN_SENT,
  T_ACK,
  T_INVALID,
  T_KEEP,
  T_KEEP_TIMER,
  T_RETRANSMIT,
  T_RTTVAR,
  T_SRTT,
  T_TIMED,
} = layout;
const {
  O_SYN,
  O_TIMESTAMP,
  P_ACK,
  P_ECHO,
  P_FLAGS,
  P_FROM,
  P_LENGTH,
  P_OPTIONS,
  P_SEQ,
  P_SOCKET,
  P_TO,
  P_TS,
  P_TTL_ID,
  P_WINDOW,
  PACKET_WORDS,
} = packetLayout;

/** Sends a segment of this connection: `length` bytes of its stream from `seq`. */
export function sendSegment(k: Kernel, sk: number, flags: number, seq: number, length: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const packet = k.packets.take();
  const p = packet * PACKET_WORDS;
  const row = k.packets.rows;
  row[p + P_FROM] = s[at + S_LOCAL] as number;
  row[p + P_TO] = s[at + S_REMOTE] as number;
  row[p + P_SEQ] = seq;
  row[p + P_ACK] = (flags & ACK) !== 0 ? (s[at + S_RCV] as number) : 0;
  row[p + P_FLAGS] = flags;
  row[p + P_LENGTH] = length;
  row[p + P_WINDOW] = (flags & SYN) !== 0 ? WINDOW_FIELD_SYN : WINDOW_FIELD;
  row[p + P_TS] = timestamp(k.now, s[at + S_TS_OFFSET] as number);
  row[p + P_ECHO] = s[at + S_TS_RECENT] as number;
  row[p + P_OPTIONS] = (flags & SYN) !== 0 ? O_TIMESTAMP | O_SYN : O_TIMESTAMP;
  row[p + P_SOCKET] = sk;
  // A SYN-ACK leaves before its connection has an identification counter of its own.
  const synAck = (flags & (SYN | ACK)) === (SYN | ACK);
  const id = synAck ? 0 : (s[at + S_IP_ID] as number) & 0xffff;
  if (!synAck) s[at + S_IP_ID] = id + 1;
  row[p + P_TTL_ID] = (64 << 16) | id;
  s[at + S_REFS] = (s[at + S_REFS] as number) + 1;
  if ((flags & ACK) !== 0) {
    s[at + S_OWED] = 0;
    const times = k.sockets.times;
    const t = sk * SOCKET_TIMES;
    if ((times[t + T_ACK] as number) < Number.POSITIVE_INFINITY) {
      times[t + T_ACK] = Number.POSITIVE_INFINITY;
      k.timers.putOff(k.now, sk, times[t + T_RETRANSMIT] as number);
    }
  }
  k.transmit(packet);
}

export function sendAck(k: Kernel, sk: number): void {
  sendSegment(k, sk, ACK, k.sockets.words[sk * SOCKET_WORDS + S_NXT] as number, 0);
}

/** An ACK that answers a segment out of place, at most one each 500 ms (Linux tcp_oow_rate_limited, tcp_invalid_ratelimit). */
export function sendLimitedAck(k: Kernel, sk: number): void {
  const t = sk * SOCKET_TIMES + T_INVALID;
  const last = k.sockets.times[t] as number;
  if (last !== 0 && k.now - last < INVALID_RATE_LIMIT) return;
  k.sockets.times[t] = k.now;
  sendAck(k, sk);
}

/**
 * A reset that no socket sends, in answer to a packet (Linux tcp_v4_send_reset; RFC 9293 §3.10.7.1): with the number that
 * the packet acknowledges, or, where it acknowledges none, with an ACK of all it carries. No options; IP identification 0.
 */
export function answerReset(k: Kernel, packet: number): void {
  const reset = resetAnswering(k, packet);
  if (reset >= 0) k.transmit(reset);
}

/** The same for whoever sends it on its own way; -1: a reset is not answered. */
export function resetAnswering(k: Kernel, packet: number): number {
  const rows = k.packets.rows;
  const p = packet * PACKET_WORDS;
  const flags = rows[p + P_FLAGS] as number;
  if ((flags & RST) !== 0) return -1;
  const acknowledges = (flags & ACK) !== 0;
  const controls = (flags & SYN) !== 0 ? 1 : 0;
  const end =
    ((rows[p + P_SEQ] as number) + (rows[p + P_LENGTH] as number) + controls + ((flags & FIN) !== 0 ? 1 : 0)) | 0;
  const reset = k.packets.take();
  const r = reset * PACKET_WORDS;
  const row = k.packets.rows;
  row[r + P_FROM] = row[p + P_TO] as number;
  row[r + P_TO] = row[p + P_FROM] as number;
  row[r + P_SEQ] = acknowledges ? (row[p + P_ACK] as number) : 0;
  row[r + P_ACK] = acknowledges ? 0 : end;
  row[r + P_FLAGS] = acknowledges ? RST : RST | ACK;
  row[r + P_LENGTH] = 0;
  row[r + P_WINDOW] = 0;
  row[r + P_OPTIONS] = 0;
  row[r + P_SOCKET] = -1;
  row[r + P_TTL_ID] = 64 << 16;
  return reset;
}

/** Sends what window and congestion window allow: repeats first, then new data, then FIN. */
export function output(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const state = s[at + S_STATE] as number;
  if (state !== ESTABLISHED && state !== CLOSE_WAIT && state !== FIN_WAIT_1 && state !== LAST_ACK) return;
  const mss = k.segmentBytes;
  const cwnd = s[at + S_CWND] as number;
  if (((s[at + S_FLAGS] as number) & F_RECOVERY) !== 0) repeat(k, sk);
  const write = s[at + S_WRITE] as number;
  for (;;) {
    const next = s[at + S_NXT] as number;
    const left = seqDiff(write, next);
    if (left <= 0 || (s[at + S_SEGMENTS] as number) >= cwnd) break;
    const room = WINDOW - seqDiff(next, s[at + S_UNA] as number);
    if (room <= 0) break;
    const length = Math.min(left, mss, room);
    s[at + S_NXT] = (next + length) | 0;
    s[at + S_SEGMENTS] = (s[at + S_SEGMENTS] as number) + 1;
    startTiming(k, sk, (next + length) | 0);
    const last = length === left;
    const fin = last && wantsFin(s[at + S_FLAGS] as number);
    if (fin) markFin(s, at);
    sendSegment(k, sk, ACK | (last ? PSH : 0) | (fin ? FIN : 0), next, length);
    armRetransmit(k, sk);
  }
  if (s[at + S_NXT] !== write || !wantsFin(s[at + S_FLAGS] as number)) return;
  if ((s[at + S_SEGMENTS] as number) >= cwnd) return;
  markFin(s, at);
  s[at + S_SEGMENTS] = (s[at + S_SEGMENTS] as number) + 1;
  sendSegment(k, sk, FIN | ACK, write, 0);
  armRetransmit(k, sk);
}

const wantsFin = (flags: number): boolean => (flags & (F_FIN_QUEUED | F_FIN_SENT)) === F_FIN_QUEUED;

function markFin(s: Int32Array, at: number): void {
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) | F_FIN_SENT;
  s[at + S_NXT] = ((s[at + S_WRITE] as number) + 1) | 0;
}

/** Repeats one segment from `from` on; gives the number behind it. */
export function resend(k: Kernel, sk: number, from: number): number {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const data = Math.min(seqDiff(s[at + S_WRITE] as number, from), seqDiff(s[at + S_NXT] as number, from));
  const length = Math.max(0, Math.min(data, k.segmentBytes));
  const end = (from + length) | 0;
  const fin = ((s[at + S_FLAGS] as number) & F_FIN_SENT) !== 0 && end === s[at + S_WRITE];
  // Karn: what was sent twice is not timed.
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) & ~F_TIMING;
  sendSegment(k, sk, ACK | (length > 0 ? PSH : 0) | (fin ? FIN : 0), from, length);
  return fin ? (end + 1) | 0 : end;
}

function repeat(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const una = s[at + S_UNA] as number;
  if (seqDiff(s[at + S_REPEAT] as number, una) < 0) s[at + S_REPEAT] = una;
  const most = (s[at + S_CWND] as number) * k.segmentBytes;
  while (seqDiff(s[at + S_REPEAT] as number, s[at + S_RECOVER] as number) < 0) {
    if (seqDiff(s[at + S_REPEAT] as number, una) >= most) return;
    s[at + S_REPEAT] = resend(k, sk, s[at + S_REPEAT] as number);
  }
}

function startTiming(k: Kernel, sk: number, end: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  if (((s[at + S_FLAGS] as number) & F_TIMING) !== 0) return;
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) | F_TIMING;
  s[at + S_TIMED] = end;
  k.sockets.times[sk * SOCKET_TIMES + T_TIMED] = k.now;
}

/** RFC 6298 with Linux's floor under the variance (tcp_rtt_estimator, tcp_rto_min). */
export function timeoutOf(k: Kernel, sk: number): number {
  const t = sk * SOCKET_TIMES;
  const smoothed = k.sockets.times[t + T_SRTT] as number;
  if (smoothed === 0) return RTO_INITIAL;
  const backoff = k.sockets.words[sk * SOCKET_WORDS + S_BACKOFF] as number;
  const base = smoothed + Math.max(RTO_MIN, 4 * (k.sockets.times[t + T_RTTVAR] as number));
  return Math.min(RTO_MAX, backoff === 0 ? base : base * 2 ** backoff);
}

/**
 * Starts the timer of the data in flight. The first time it is a tail loss probe (RFC 8985 §7, Linux tcp_schedule_loss_probe): after two
 * round trips, and 200 ms more where one segment waits for a delayed ACK; not later than the retransmission would come.
 */
export function armRetransmit(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const t = sk * SOCKET_TIMES;
  let wait = timeoutOf(k, sk);
  const flags = s[at + S_FLAGS] as number;
  const smoothed = k.sockets.times[t + T_SRTT] as number;
  const state = s[at + S_STATE] as number;
  if ((flags & (F_PROBED | F_RECOVERY)) === 0 && smoothed > 0 && state >= ESTABLISHED && s[at + S_BACKOFF] === 0) {
    const probe = 2 * smoothed + ((s[at + S_SEGMENTS] as number) === 1 ? RTO_MIN : 2 * TICK);
    wait = Math.min(wait, probe);
    s[at + S_FLAGS] = flags | F_PROBE_NEXT;
  } else s[at + S_FLAGS] = flags & ~F_PROBE_NEXT;
  k.sockets.times[t + T_RETRANSMIT] = k.now + wait;
  arm(k, sk, k.now + wait);
}

/** One tick of a kernel with 250 a second. */
const TICK = 4 * MILLISECOND;

/** Sees to it that the socket's timer fires by `at`. One event of a socket counts at a time; a later deadline waits for it. */
export function arm(k: Kernel, sk: number, at: number): void {
  k.timers.arm(k.now, sk, at);
}

export function setKeepTimer(k: Kernel, sk: number, at: number): void {
  const t = sk * SOCKET_TIMES;
  k.sockets.times[t + T_KEEP] = at;
  if ((k.sockets.times[t + T_KEEP_TIMER] as number) <= at) return;
  k.sockets.times[t + T_KEEP_TIMER] = at;
  k.queue.push(at, k.keepKind, sk, k.sockets.words[sk * SOCKET_WORDS + S_GENERATION] as number);
}

/** Sends SYN or SYN-ACK, again or for the first time, and starts its timer. */
export function sendSyn(k: Kernel, sk: number, wait: number): void {
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  const state = s[at + S_STATE] as number;
  if (state !== SYN_SENT && state !== SYN_RECEIVED) return;
  sendSegment(k, sk, state === SYN_SENT ? SYN : SYN | ACK, s[at + S_ISS] as number, 0);
  k.sockets.times[sk * SOCKET_TIMES + T_RETRANSMIT] = k.now + wait;
  arm(k, sk, k.now + wait);
}

/** Numbers of a new connection: the initial one grows by one each 64 ns on top of a hash of the four-tuple (Linux secure_tcp_seq). */
export function initialNumber(k: Kernel, local: number, remote: number): number {
  const hash = mix(mix(mix(k.secret, local), remote), 1);
  return (hash + (Math.floor(k.now / 64) % 2 ** 32)) | 0;
}

/** Timestamps start at an offset that a pair of addresses has (Linux secure_tcp_ts_off) and count milliseconds. */
export const timestampOffset = (k: Kernel, local: number, remote: number): number =>
  mix(mix(mix(k.secret, placeOf(local)), placeOf(remote)), 2);

export const timestamp = (now: number, offset: number): number => (Math.floor(now / MILLISECOND) + offset) | 0;
