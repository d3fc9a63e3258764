import { seqDiff } from "../../net/sequence.ts";
import { end } from "./handshake.ts";
import type { Kernel } from "./kernel.ts";
import * as limits from "./kernel.ts";
import * as layout from "./layout.ts";
import { armRetransmit, output, sendLimitedAck, setKeepTimer } from "./tcp-output.ts";

const { FIN_TIMEOUT, TIME_WAIT_LENGTH, WINDOW } = limits;
const {
  CLOSING,
  F_FIN_SENT,
  F_ORPHAN,
  F_PROBED,
  F_RECOVERY,
  F_TIMING,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  S_BACKOFF,
  S_CWND,
  S_DUPACKS,
  S_FLAGS,
  S_HEAD,
  S_NXT,
  S_RECOVER,
  S_REPEAT,
  S_RETRIES,
  S_SEGMENTS,
  S_SSTHRESH,
  S_STATE,
  S_TIMED,
  S_UNA,
  S_WRITE,
  SOCKET_TIMES,
  SOCKET_WORDS,
  T_ACK,
  T_RETRANSMIT,
  T_RTTVAR,
  T_SRTT,
  T_TIMED,
  TIME_WAIT,
} = layout;

/**
 * The acknowledgment in a segment (Linux tcp_ack). False: it is not acceptable and the segment is dropped. `bare`: the segment
 * carries nothing else, so that a repeated number is a duplicate ACK.
 */
export function acknowledge(k: Kernel, sk: number, number: number, bare: boolean): boolean {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const una = s[at + S_UNA] as number;
  const news = seqDiff(number, una);
  if (seqDiff(number, s[at + S_NXT] as number) > 0 || news < -WINDOW) {
    // RFC 5961 §5.2: of what was never sent, or far too old.
    sendLimitedAck(k, sk);
    return false;
  }
  if (news <= 0) {
    if (news === 0 && bare && una !== s[at + S_NXT]) duplicate(k, sk);
    return true;
  }
  s[at + S_UNA] = number;
  s[at + S_DUPACKS] = 0;
  s[at + S_RETRIES] = 0;
  s[at + S_BACKOFF] = 0;
  const flags = (s[at + S_FLAGS] as number) & ~F_PROBED;
  s[at + S_FLAGS] = flags;
  if ((flags & F_TIMING) !== 0 && seqDiff(number, s[at + S_TIMED] as number) >= 0) measure(k, sk);
  if ((s[at + S_HEAD] as number) >= 0) k.sockets.releaseUpTo(sk, number);
  const segments = Math.ceil(news / k.segmentBytes);
  const cwnd = s[at + S_CWND] as number;
  if (cwnd < (s[at + S_SSTHRESH] as number)) s[at + S_CWND] = Math.min(cwnd + segments, MOST_CWND);
  if ((flags & F_RECOVERY) !== 0 && seqDiff(number, s[at + S_RECOVER] as number) >= 0)
    s[at + S_FLAGS] = flags & ~F_RECOVERY;
  if (number === s[at + S_NXT]) {
    s[at + S_SEGMENTS] = 0;
    const t = sk * SOCKET_TIMES;
    k.sockets.times[t + T_RETRANSMIT] = Number.POSITIVE_INFINITY;
    k.timers.putOff(k.now, sk, k.sockets.times[t + T_ACK] as number);
  } else {
    s[at + S_SEGMENTS] = Math.max(1, (s[at + S_SEGMENTS] as number) - segments);
    armRetransmit(k, sk);
  }
  if ((flags & F_FIN_SENT) !== 0 && number === s[at + S_NXT]) {
    finAcknowledged(k, sk);
    return true;
  }
  if (
    s[at + S_WRITE] !== s[at + S_NXT] ||
    (flags & F_RECOVERY) !== 0 ||
    (s[at + S_STATE] as number) === FIN_WAIT_1 ||
    (s[at + S_STATE] as number) === LAST_ACK
  )
    output(k, sk);
  return true;
}

/** Enough for any window here. */
const MOST_CWND = 64;

/** RFC 6298 §2 */
function measure(k: Kernel, sk: number): void {
  const t = sk * SOCKET_TIMES;
  const times = k.sockets.times;
  const sample = Math.max(1, k.now - (times[t + T_TIMED] as number));
  const error = sample - (times[t + T_SRTT] as number);
  times[t + T_SRTT] = (times[t + T_SRTT] as number) + error / 8;
  times[t + T_RTTVAR] = (times[t + T_RTTVAR] as number) + (Math.abs(error) - (times[t + T_RTTVAR] as number)) / 4;
  const at = sk * SOCKET_WORDS + S_FLAGS;
  k.sockets.words[at] = (k.sockets.words[at] as number) & ~F_TIMING;
}

/** Three in a row: the first segment in flight is taken for lost (RFC 5681 §3.2). */
function duplicate(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const count = (s[at + S_DUPACKS] as number) + 1;
  s[at + S_DUPACKS] = count;
  if (count !== 3 || ((s[at + S_FLAGS] as number) & F_RECOVERY) !== 0) return;
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) | F_RECOVERY;
  s[at + S_RECOVER] = s[at + S_NXT] as number;
  s[at + S_REPEAT] = s[at + S_UNA] as number;
  s[at + S_SSTHRESH] = Math.max(2, (s[at + S_CWND] as number) >> 1);
  s[at + S_CWND] = s[at + S_SSTHRESH] as number;
  output(k, sk);
  armRetransmit(k, sk);
}

function finAcknowledged(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const state = s[at + S_STATE] as number;
  if (state === LAST_ACK) end(k, sk, "done");
  else if (state === CLOSING) {
    s[at + S_STATE] = TIME_WAIT;
    setKeepTimer(k, sk, k.now + TIME_WAIT_LENGTH);
  } else if (state === FIN_WAIT_1) {
    s[at + S_STATE] = FIN_WAIT_2;
    if (((s[at + S_FLAGS] as number) & F_ORPHAN) !== 0) setKeepTimer(k, sk, k.now + FIN_TIMEOUT);
  }
}
