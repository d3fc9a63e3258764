import { seqDiff } from "../../net/sequence.ts";
import * as tcpFlags from "../../net/tcp-flags.ts";
import * as endpoints from "../engine/endpoint.ts";
import { acknowledge } from "./acknowledge.ts";
import { end, establish, listen } from "./handshake.ts";
import type { Kernel } from "./kernel.ts";
import * as limits from "./kernel.ts";
import * as layout from "./layout.ts";
import * as messageLayout from "./messages.ts";
import * as packetLayout from "./packets.ts";
import { answerReset, arm, sendAck, sendLimitedAck, sendSyn, setKeepTimer } from "./tcp-output.ts";

const { ACK, FIN, RST, SYN } = tcpFlags;
const { placeOf, portOf } = endpoints;
const { DELAYED_ACK, TIME_WAIT_LENGTH, TIMEOUT_MIN, WINDOW } = limits;
const {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  ESTABLISHED,
  F_FIN_RECEIVED,
  F_HOLES,
  F_ORPHAN,
  FIN_WAIT_1,
  FIN_WAIT_2,
  S_COLLIDED,
  S_DELIVER,
  S_FLAGS,
  S_GENERATION,
  S_IRS,
  S_ISS,
  S_LOCAL,
  S_NXT,
  S_OWED,
  S_PROBES,
  S_RCV,
  S_REMOTE,
  S_RETRIES,
  S_STATE,
  S_TS_RECENT,
  SOCKET_TIMES,
  SOCKET_WORDS,
  SYN_RECEIVED,
  SYN_SENT,
  T_ACK,
  T_HEARD,
  T_RETRANSMIT,
  TIME_WAIT,
} = layout;
const { M_A, M_B, M_END, M_KIND, M_NEXT, M_SIZE, MESSAGE_WORDS } = messageLayout;
const { O_TIMESTAMP, P_ACK, P_FLAGS, P_FROM, P_LENGTH, P_OPTIONS, P_SEQ, P_SOCKET, P_TO, P_TS, PACKET_WORDS } =
  packetLayout;

/** A packet arrives at its host (Linux tcp_v4_rcv). The caller releases it. */
export function receive(k: Kernel, packet: number): void {
  const p = packet * PACKET_WORDS;
  const rows = k.packets.rows;
  const from = rows[p + P_FROM] as number;
  const to = rows[p + P_TO] as number;
  // Hairpin: a packet from outside with one of our own addresses as its source is a martian (accept_local=0), dropped without a word.
  if (placeOf(from) === placeOf(to)) return;
  const sk = k.sockets.findFor(rows[p + P_SOCKET] as number, to, from);
  const flags = rows[p + P_FLAGS] as number;
  if (sk < 0) {
    if ((flags & (SYN | ACK | RST)) === SYN && k.user.listens(placeOf(to), portOf(to))) listen(k, packet);
    else answerReset(k, packet);
    return;
  }
  const state = k.sockets.words[sk * SOCKET_WORDS + S_STATE] as number;
  if (state === SYN_SENT) inSynSent(k, sk, packet);
  else if (state === TIME_WAIT) inTimeWait(k, sk, packet);
  else synchronised(k, sk, packet, state);
}

/** RFC 9293 §3.10.7.3, Linux tcp_rcv_synsent_state_process. */
function inSynSent(k: Kernel, sk: number, packet: number): void {
  const p = packet * PACKET_WORDS;
  const rows = k.packets.rows;
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  const flags = rows[p + P_FLAGS] as number;
  if ((flags & ACK) === 0) return;
  if (rows[p + P_ACK] !== (((s[at + S_ISS] as number) + 1) | 0)) {
    // The first SYN is repeated soon after an answer to something else; the answer is a reset with exactly that number.
    if (s[at + S_RETRIES] === 0) {
      const soon = k.now + TIMEOUT_MIN;
      k.sockets.times[sk * SOCKET_TIMES + T_RETRANSMIT] = soon;
      arm(k, sk, soon);
    }
    answerReset(k, packet);
    return;
  }
  if ((flags & RST) !== 0) {
    end(k, sk, "refused");
    return;
  }
  if ((flags & SYN) === 0) return;
  s[at + S_IRS] = rows[p + P_SEQ] as number;
  s[at + S_RCV] = ((rows[p + P_SEQ] as number) + 1) | 0;
  s[at + S_TS_RECENT] = rows[p + P_TS] as number;
  establish(k, sk);
  sendAck(k, sk);
  k.user.opened(sk);
}

/** Linux tcp_timewait_state_process; RFC 6191. */
function inTimeWait(k: Kernel, sk: number, packet: number): void {
  const p = packet * PACKET_WORDS;
  const rows = k.packets.rows;
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  const flags = rows[p + P_FLAGS] as number;
  const seq = rows[p + P_SEQ] as number;
  if ((flags & RST) !== 0) {
    if (seq === s[at + S_RCV]) k.sockets.forget(sk);
    return;
  }
  if ((flags & (SYN | ACK)) === SYN) {
    const later = seqDiff(rows[p + P_TS] as number, s[at + S_TS_RECENT] as number);
    const newer = later > 0 || (later === 0 && seqDiff(seq, s[at + S_RCV] as number) > 0);
    const local = s[at + S_LOCAL] as number;
    if (newer && k.user.listens(placeOf(local), portOf(local))) {
      k.sockets.forget(sk);
      listen(k, packet);
      return;
    }
  }
  if ((flags & FIN) !== 0) setKeepTimer(k, sk, k.now + TIME_WAIT_LENGTH);
  if ((flags & (SYN | FIN)) !== 0 || (rows[p + P_LENGTH] as number) > 0) sendLimitedAck(k, sk);
}

/** RFC 9293 §3.10.7.4 with RFC 5961; Linux tcp_validate_incoming and what follows it. */
function synchronised(k: Kernel, sk: number, packet: number, state: number): void {
  const p = packet * PACKET_WORDS;
  const rows = k.packets.rows;
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  const flags = rows[p + P_FLAGS] as number;
  const seq = rows[p + P_SEQ] as number;
  const length = rows[p + P_LENGTH] as number;
  const stamped = ((rows[p + P_OPTIONS] as number) & O_TIMESTAMP) !== 0;
  const rcv = s[at + S_RCV] as number;
  const past = seqDiff(seq, rcv);
  if (state === SYN_RECEIVED && (flags & (SYN | ACK | RST)) === SYN && seq === s[at + S_IRS]) {
    sendSyn(k, sk, (k.sockets.times[sk * SOCKET_TIMES + T_RETRANSMIT] as number) - k.now);
    return;
  }
  // PAWS (RFC 7323 §5). A SYN falls through to its challenge.
  if (stamped && (flags & (RST | SYN)) === 0 && seqDiff(rows[p + P_TS] as number, s[at + S_TS_RECENT] as number) < 0) {
    answerOutOfPlace(k, sk, length);
    return;
  }
  const close = past + length + ((flags & FIN) !== 0 ? 1 : 0);
  if ((close < 0 || past > WINDOW) && (flags & SYN) === 0) {
    if ((flags & RST) === 0) answerOutOfPlace(k, sk, length);
    return;
  }
  if ((flags & RST) !== 0) {
    // RFC 5961 §3.2: only the exact number resets.
    if (past === 0) end(k, sk, "reset");
    else sendLimitedAck(k, sk);
    return;
  }
  if ((flags & SYN) !== 0) {
    // RFC 5961 §4.2: a SYN, whatever its number, is answered with a challenge ACK.
    // One connection that is opened counts once, however often it repeats its SYN and whoever else does in between.
    const opener = (rows[p + P_SOCKET] as number) * SOCKET_WORDS;
    if (s[opener + S_COLLIDED] === 0) k.user.collided(sk);
    s[opener + S_COLLIDED] = 1;
    sendLimitedAck(k, sk);
    return;
  }
  if ((flags & ACK) === 0) return;
  if (state === SYN_RECEIVED) {
    if (rows[p + P_ACK] !== s[at + S_NXT]) {
      answerReset(k, packet);
      return;
    }
    establish(k, sk);
    k.user.opened(sk);
    if (s[at + S_STATE] === CLOSED) return;
  }
  if (stamped && past <= 0) s[at + S_TS_RECENT] = rows[p + P_TS] as number;
  const generation = s[at + S_GENERATION] as number;
  k.sockets.times[sk * SOCKET_TIMES + T_HEARD] = k.now;
  s[at + S_PROBES] = 0;
  if (!acknowledge(k, sk, rows[p + P_ACK] as number, length === 0 && (flags & FIN) === 0)) return;
  if (k.sockets.words[at + S_STATE] === CLOSED || k.sockets.words[at + S_GENERATION] !== generation) return;
  if (close === 0 && length === 0) return;
  take(k, sk, packet, past);
}

/** Data too old or too new is answered at once; bare ACKs at a limited pace, since they may be half of a loop. */
function answerOutOfPlace(k: Kernel, sk: number, length: number): void {
  if (length > 0) sendAck(k, sk);
  else sendLimitedAck(k, sk);
}

/** Takes the bytes of an acceptable segment, hands over the messages that are whole, and acknowledges. `past`: its first number minus RCV.NXT. */
function take(k: Kernel, sk: number, packet: number, past: number): void {
  const p = packet * PACKET_WORDS;
  const length = k.packets.rows[p + P_LENGTH] as number;
  const sender = k.packets.rows[p + P_SOCKET] as number;
  let fin = ((k.packets.rows[p + P_FLAGS] as number) & FIN) !== 0;
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const generation = s[at + S_GENERATION] as number;
  const flags = s[at + S_FLAGS] as number;
  const fresh = past + length;
  if ((flags & F_ORPHAN) !== 0 && fresh > 0 && length > 0) {
    // Nobody will read it: Linux resets (tcp_rcv_state_process, TCPAbortOnData).
    const rcv = s[at + S_RCV] as number;
    s[at + S_RCV] = (rcv + fresh) | 0;
    resetFor(k, sk);
    k.sockets.forget(sk);
    return;
  }
  if (past > 0) {
    keepHole(k, sk, ((s[at + S_RCV] as number) + past) | 0, length, fin);
    sendAck(k, sk);
    return;
  }
  const state = s[at + S_STATE] as number;
  if (fresh <= 0 && !(fin && (flags & F_FIN_RECEIVED) === 0)) {
    // All of it old.
    sendAck(k, sk);
    return;
  }
  s[at + S_RCV] = ((s[at + S_RCV] as number) + Math.max(0, fresh)) | 0;
  if ((flags & F_HOLES) !== 0) fin = fillHoles(k, sk) || fin;
  owe(k, sk, fresh, (flags & F_HOLES) !== 0);
  if (sender >= 0) deliver(k, sk, sender, generation);
  if (!fin || k.sockets.words[at + S_GENERATION] !== generation) return;
  if (k.sockets.words[at + S_STATE] === CLOSED) return;
  finish(k, sk, k.sockets.words[at + S_STATE] as number, state);
}

function resetFor(k: Kernel, sk: number): void {
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  const packet = k.packets.take();
  const p = packet * PACKET_WORDS;
  // As if it answered an ACK that carries our own next number.
  const rows = k.packets.rows;
  rows.fill(0, p, p + PACKET_WORDS);
  rows[p + P_FROM] = s[at + S_REMOTE] as number;
  rows[p + P_TO] = s[at + S_LOCAL] as number;
  rows[p + P_FLAGS] = ACK;
  rows[p + P_ACK] = s[at + S_NXT] as number;
  answerReset(k, packet);
  k.packets.release(packet);
}

/** An ACK at once for every second full segment and after a hole; otherwise 40 ms later, if nothing of ours carries it before. */
function owe(k: Kernel, sk: number, bytes: number, atOnce: boolean): void {
  const at = sk * SOCKET_WORDS;
  const owed = (k.sockets.words[at + S_OWED] as number) + bytes;
  k.sockets.words[at + S_OWED] = owed;
  if (atOnce || owed > k.segmentBytes) {
    sendAck(k, sk);
    return;
  }
  const t = sk * SOCKET_TIMES + T_ACK;
  if ((k.sockets.times[t] as number) < Number.POSITIVE_INFINITY) return;
  k.sockets.times[t] = k.now + DELAYED_ACK;
  arm(k, sk, k.now + DELAYED_ACK);
}

function deliver(k: Kernel, sk: number, sender: number, generation: number): void {
  const at = sk * SOCKET_WORDS;
  const from = sender * SOCKET_WORDS;
  for (;;) {
    const message = k.sockets.words[from + S_DELIVER] as number;
    if (message < 0) return;
    const m = message * MESSAGE_WORDS;
    const rows = k.messages.rows;
    if (seqDiff(rows[m + M_END] as number, k.sockets.words[at + S_RCV] as number) > 0) return;
    k.sockets.words[from + S_DELIVER] = rows[m + M_NEXT] as number;
    const m1 = rows[m + M_A] as number;
    const m2 = rows[m + M_B] as number;
    k.user.message(sk, rows[m + M_KIND] as number, m1, m2, rows[m + M_SIZE] as number, sender);
    const s = k.sockets.words;
    if (s[at + S_GENERATION] !== generation || s[at + S_STATE] === CLOSED) return;
    if (((s[at + S_FLAGS] as number) & F_ORPHAN) !== 0) return;
  }
}

/** The peer's FIN is next in line. */
function finish(k: Kernel, sk: number, state: number, before: number): void {
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  if (((s[at + S_FLAGS] as number) & F_FIN_RECEIVED) !== 0) {
    sendAck(k, sk);
    return;
  }
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) | F_FIN_RECEIVED;
  s[at + S_RCV] = ((s[at + S_RCV] as number) + 1) | 0;
  sendAck(k, sk);
  if (state === ESTABLISHED || state === SYN_RECEIVED) {
    s[at + S_STATE] = CLOSE_WAIT;
    k.user.ended(sk);
  } else if (state === FIN_WAIT_1) s[at + S_STATE] = CLOSING;
  else if (state === FIN_WAIT_2) timeWait(k, sk);
  else if (before === CLOSED) return;
}

/** The last state of the end that closed first. */
export function timeWait(k: Kernel, sk: number): void {
  const t = sk * SOCKET_TIMES;
  k.sockets.words[sk * SOCKET_WORDS + S_STATE] = TIME_WAIT;
  k.sockets.times[t + T_RETRANSMIT] = Number.POSITIVE_INFINITY;
  k.sockets.times[t + T_ACK] = Number.POSITIVE_INFINITY;
  setKeepTimer(k, sk, k.now + TIME_WAIT_LENGTH);
}

function keepHole(k: Kernel, sk: number, from: number, length: number, fin: boolean): void {
  const at = sk * SOCKET_WORDS;
  const holes = [...(k.sockets.holes.get(sk) ?? []), [from, (from + length) | 0, fin] as const];
  k.sockets.holes.set(
    sk,
    holes.sort((a, b) => seqDiff(a[0], b[0])),
  );
  k.sockets.words[at + S_FLAGS] = (k.sockets.words[at + S_FLAGS] as number) | F_HOLES;
}

/** Moves RCV.NXT over what was kept; true when that ends with a FIN. */
function fillHoles(k: Kernel, sk: number): boolean {
  const at = sk * SOCKET_WORDS;
  let fin = false;
  const left = (k.sockets.holes.get(sk) ?? []).filter(([from, to, ends]) => {
    const rcv = k.sockets.words[at + S_RCV] as number;
    if (seqDiff(from, rcv) > 0) return true;
    if (seqDiff(to, rcv) > 0) k.sockets.words[at + S_RCV] = to;
    fin ||= ends;
    return false;
  });
  if (left.length > 0) k.sockets.holes.set(sk, left);
  else {
    k.sockets.holes.delete(sk);
    k.sockets.words[at + S_FLAGS] = (k.sockets.words[at + S_FLAGS] as number) & ~F_HOLES;
  }
  return fin;
}
