import { seqDiff } from "../../net/sequence.ts";
import * as tcpFlags from "../../net/tcp-flags.ts";
import { end } from "./handshake.ts";
import type { Kernel } from "./kernel.ts";
import * as limits from "./kernel.ts";
import * as layout from "./layout.ts";
import { arm, armRetransmit, resend, sendAck, sendSegment, sendSyn, setKeepTimer } from "./tcp-output.ts";

const { ACK } = tcpFlags;
const { ORPHAN_RETRIES, RETRIES, RTO_INITIAL, SYN_LINEAR_TIMEOUTS, SYN_RETRIES, SYNACK_RETRIES } = limits;
const {
  CLOSED,
  ESTABLISHED,
  F_ORPHAN,
  F_PROBE_NEXT,
  F_PROBED,
  F_RECOVERY,
  FIN_WAIT_2,
  S_BACKOFF,
  S_CWND,
  S_FLAGS,
  S_GENERATION,
  S_KEEPALIVE,
  S_NXT,
  S_PROBES,
  S_RECOVER,
  S_REPEAT,
  S_RETRIES,
  S_SEGMENTS,
  S_SSTHRESH,
  S_STAMP,
  S_STATE,
  S_UNA,
  S_WRITE,
  SOCKET_TIMES,
  SOCKET_WORDS,
  SYN_RECEIVED,
  SYN_SENT,
  T_ACK,
  T_HEARD,
  T_KEEP,
  T_KEEP_TIMER,
  T_RETRANSMIT,
  T_TIMER,
  TIME_WAIT,
} = layout;

/** A socket's event came up, or a slot of their timers begins (below 0). Those with an old stamp do not count any more. */
export function fireTimer(k: Kernel, sk: number, stamp: number): void {
  if (sk < 0) {
    k.timers.begin(sk);
    return;
  }
  const at = sk * SOCKET_WORDS;
  if (k.sockets.words[at + S_STAMP] !== stamp) return;
  const t = sk * SOCKET_TIMES;
  k.sockets.times[t + T_TIMER] = Number.POSITIVE_INFINITY;
  if ((k.sockets.times[t + T_ACK] as number) <= k.now) sendAck(k, sk);
  if ((k.sockets.times[t + T_RETRANSMIT] as number) <= k.now && !retransmit(k, sk)) return;
  const times = k.sockets.times;
  const next = Math.min(times[t + T_RETRANSMIT] as number, times[t + T_ACK] as number);
  if (next < Number.POSITIVE_INFINITY) arm(k, sk, next);
}

/** The event of the keepalive timer. The deadline may have moved on since: then it is put in again. */
export function fireKeep(k: Kernel, sk: number, generation: number): void {
  const at = sk * SOCKET_WORDS;
  const t = sk * SOCKET_TIMES;
  const { times, words } = k.sockets;
  if (words[at + S_GENERATION] !== generation || words[at + S_STATE] === CLOSED) return;
  if (times[t + T_KEEP_TIMER] !== k.now) return;
  times[t + T_KEEP_TIMER] = Number.POSITIVE_INFINITY;
  const due = times[t + T_KEEP] as number;
  if (due <= k.now) keep(k, sk);
  else if (due < Number.POSITIVE_INFINITY) setKeepTimer(k, sk, due);
}

/** False: the socket is gone. Linux tcp_retransmit_timer, tcp_send_loss_probe. */
function retransmit(k: Kernel, sk: number): boolean {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  k.sockets.times[sk * SOCKET_TIMES + T_RETRANSMIT] = Number.POSITIVE_INFINITY;
  const state = s[at + S_STATE] as number;
  const flags = s[at + S_FLAGS] as number;
  if (state === SYN_SENT || state === SYN_RECEIVED) return repeatSyn(k, sk, state);
  if (s[at + S_UNA] === s[at + S_NXT]) return true;
  if ((flags & F_PROBE_NEXT) !== 0) {
    s[at + S_FLAGS] = (flags & ~F_PROBE_NEXT) | F_PROBED;
    const data = Math.min(seqDiff(s[at + S_NXT] as number, s[at + S_UNA] as number), k.segmentBytes);
    resend(k, sk, ((s[at + S_NXT] as number) - data) | 0);
    armRetransmit(k, sk);
    return true;
  }
  const retries = (s[at + S_RETRIES] as number) + 1;
  if (retries > ((flags & F_ORPHAN) !== 0 ? ORPHAN_RETRIES : RETRIES)) {
    end(k, sk, "timeout");
    return false;
  }
  s[at + S_RETRIES] = retries;
  s[at + S_SSTHRESH] = Math.max(2, (s[at + S_CWND] as number) >> 1);
  s[at + S_CWND] = 1;
  s[at + S_BACKOFF] = (s[at + S_BACKOFF] as number) + 1;
  s[at + S_FLAGS] = (flags | F_RECOVERY) & ~F_PROBED;
  s[at + S_RECOVER] = s[at + S_NXT] as number;
  s[at + S_REPEAT] = resend(k, sk, s[at + S_UNA] as number);
  s[at + S_SEGMENTS] = Math.max(1, s[at + S_SEGMENTS] as number);
  armRetransmit(k, sk);
  return true;
}

function repeatSyn(k: Kernel, sk: number, state: number): boolean {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const retries = (s[at + S_RETRIES] as number) + 1;
  // tcp_write_timeout: a SYN's linear timeouts come on top of tcp_syn_retries, so that the last one is sent after 67 s (ip-sysctl.rst).
  if (retries > (state === SYN_SENT ? SYN_RETRIES + SYN_LINEAR_TIMEOUTS : SYNACK_RETRIES)) {
    end(k, sk, "timeout");
    return false;
  }
  s[at + S_RETRIES] = retries;
  // The first four repeats of a SYN are a second apart (tcp_syn_linear_timeouts), then the distance doubles; a SYN-ACK's always does.
  const doublings = state === SYN_SENT ? Math.max(0, retries - SYN_LINEAR_TIMEOUTS) : retries;
  sendSyn(k, sk, RTO_INITIAL * 2 ** doublings);
  return true;
}

/** Keepalive probes (RFC 9293 §3.8.4, Linux tcp_keepalive_timer), and the ends of FIN-WAIT-2 and TIME-WAIT. False: gone. */
function keep(k: Kernel, sk: number): boolean {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const t = sk * SOCKET_TIMES;
  k.sockets.times[t + T_KEEP] = Number.POSITIVE_INFINITY;
  const state = s[at + S_STATE] as number;
  if (state === TIME_WAIT || (state === FIN_WAIT_2 && ((s[at + S_FLAGS] as number) & F_ORPHAN) !== 0)) {
    k.sockets.forget(sk);
    return false;
  }
  const settings = k.keepalives[s[at + S_KEEPALIVE] as number];
  if (settings === undefined || state < ESTABLISHED) return true;
  // Whoever has something in flight is watched by the retransmission timer.
  if (s[at + S_UNA] !== s[at + S_NXT] || s[at + S_WRITE] !== s[at + S_NXT]) {
    setKeepTimer(k, sk, k.now + settings.idleNs);
    return true;
  }
  // The same sum is compared and waited for: a difference of the two clocks' readings could round to a wait of nothing, for ever.
  const due = (k.sockets.times[t + T_HEARD] as number) + settings.idleNs;
  const probes = s[at + S_PROBES] as number;
  if (probes === 0 && k.now < due) {
    setKeepTimer(k, sk, due);
    return true;
  }
  if (probes >= settings.probes) {
    sendReset(k, sk);
    end(k, sk, "timeout");
    return false;
  }
  s[at + S_PROBES] = probes + 1;
  sendSegment(k, sk, ACK, ((s[at + S_UNA] as number) - 1) | 0, 0);
  setKeepTimer(k, sk, k.now + settings.intervalNs);
  return true;
}

/** RST of our own accord: tcp_send_active_reset. It carries SND.NXT and an ACK. */
export function sendReset(k: Kernel, sk: number): void {
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  sendSegment(k, sk, ACK | 0x04, s[at + S_NXT] as number, 0);
}
