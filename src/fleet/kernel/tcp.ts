/**
 * TCP endpoints of all hosts, as much of them as decides how connections are lost. An endpoint is never unsure (the observer of
 * `flow/tcp-observer.ts` may be); both share sequence arithmetic and the names of states only.
 *
 * Rules: RFC 9293 §3.10.7 as Linux does it; RFC 5961 (challenge ACK, exact RST), RFC 6191 (SYN in TIME-WAIT), RFC 7323 timestamps and PAWS,
 * RFC 6298 with Linux's bounds, tail loss probe (RFC 8985 §7), slow start and a window of one after a timeout, fast
 * retransmit at three duplicates, delayed ACKs of 40 ms, tcp_invalid_ratelimit, SYN and SYN-ACK repeats, keepalive, orphans, FIN-WAIT-2 and TIME-WAIT
 * of 60 s, local ports as `__inet_hash_connect` chooses them (ports.ts), with tcp_tw_reuse. Sequence numbers are real; a segment has a range of its sender's stream.
 *
 * Not modelled: SACK blocks and RACK, congestion avoidance beyond slow start, window scaling other than 2^7 and windows other than
 * 64 KiB, zero windows, quick-ACK mode at the start, Nagle (Go and Node switch it off), urgent data, ECN, TCP Fast Open, simultaneous open,
 * SYN cookies and full accept queues, path MTU, ICMP.
 */
import { endpoint } from "../engine/endpoint.ts";
import { start } from "./handshake.ts";
import type { Kernel } from "./kernel.ts";
import * as limits from "./kernel.ts";
import * as layout from "./layout.ts";
import * as messageLayout from "./messages.ts";
import type { Ports } from "./ports.ts";
import { initialNumber, output, sendAck, sendSyn, setKeepTimer, timestampOffset } from "./tcp-output.ts";
import { sendReset } from "./tcp-timers.ts";

const { FIN_TIMEOUT, RTO_INITIAL, TIME_WAIT_LENGTH, TW_REUSE_DELAY } = limits;
const {
  CLOSE_WAIT,
  CLOSED,
  ESTABLISHED,
  F_FIN_QUEUED,
  F_ORPHAN,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  S_DELIVER,
  S_FLAGS,
  S_HEAD,
  S_KEEPALIVE,
  S_NXT,
  S_OWED,
  S_STATE,
  S_TAIL,
  S_USER,
  S_WRITE,
  SOCKET_TIMES,
  SOCKET_WORDS,
  SYN_RECEIVED,
  SYN_SENT,
  T_KEEP,
  TIME_WAIT,
} = layout;
const { M_END, M_NEXT, M_SIZE, MESSAGE_WORDS } = messageLayout;

export interface Opening {
  readonly local: number;
  readonly remote: number;
  readonly remotePort: number;
  /** `ip_local_port_range`, inclusive. */
  readonly low: number;
  readonly high: number;
  /** `net.ipv4.tcp_tw_reuse`; absent: 2, loopback only, and nothing here goes over loopback. */
  readonly twReuse?: number;
  /** The host's dice. */
  readonly stream: number;
  readonly user: number;
  readonly keepalive: number;
}

/** connect(): gives the socket, or -1 where no port is free (EADDRNOTAVAIL). */
export function connect(k: Kernel, ports: Ports, opening: Opening): number {
  const { local, remote, remotePort, low, high, stream, twReuse } = opening;
  const to = endpoint(remote, remotePort);
  const free = (port: number): boolean => {
    const held = k.sockets.find(endpoint(local, port), to);
    return held < 0 || (twReuse === 1 && mayFollow(k, held));
  };
  const port = ports.choose({ local, remote, remotePort, low, high, stream, free });
  if (port === 0) return -1;
  return connectFrom(k, port, opening);
}

/**
 * `tcp_twsk_unique`: whether a new connection may have the four-tuple of this one. Linux asks how long ago the last timestamp came; here it is TIME-WAIT
 * that counts, which every segment from the peer begins anew.
 */
function mayFollow(k: Kernel, sk: number): boolean {
  if (k.sockets.words[sk * SOCKET_WORDS + S_STATE] !== TIME_WAIT) return false;
  const began = (k.sockets.times[sk * SOCKET_TIMES + T_KEEP] as number) - TIME_WAIT_LENGTH;
  return k.now - began > TW_REUSE_DELAY;
}

/** connect() of a socket that is bound to a port already. */
export function connectFrom(k: Kernel, port: number, opening: Opening): number {
  const local = endpoint(opening.local, port);
  const remote = endpoint(opening.remote, opening.remotePort);
  const before = k.sockets.find(local, remote);
  // Behind every number that the old connection may have used: write_seq = tw_snd_nxt + 65535 + 2.
  const isn =
    before < 0
      ? initialNumber(k, local, remote)
      : ((k.sockets.words[before * SOCKET_WORDS + S_NXT] as number) + 65_537) | 0;
  if (before >= 0) k.sockets.forget(before);
  const sk = k.sockets.open(local, remote);
  const at = sk * SOCKET_WORDS;
  start(k, sk, isn, timestampOffset(k, local, remote));
  const s = k.sockets.words;
  s[at + S_STATE] = SYN_SENT;
  s[at + S_USER] = opening.user;
  s[at + S_KEEPALIVE] = opening.keepalive;
  sendSyn(k, sk, RTO_INITIAL);
  return sk;
}

/** Puts a message at the end of the stream; `flush` sends. */
export function write(k: Kernel, sk: number, message: number, size: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const end = ((s[at + S_WRITE] as number) + size) | 0;
  s[at + S_WRITE] = end;
  const m = message * MESSAGE_WORDS;
  const rows = k.messages.rows;
  rows[m + M_END] = end;
  rows[m + M_SIZE] = size;
  const tail = s[at + S_TAIL] as number;
  if (tail >= 0 && (s[at + S_HEAD] as number) >= 0) rows[tail * MESSAGE_WORDS + M_NEXT] = message;
  else s[at + S_HEAD] = message;
  s[at + S_TAIL] = message;
  if ((s[at + S_DELIVER] as number) < 0) s[at + S_DELIVER] = message;
}

export const flush = (k: Kernel, sk: number): void => output(k, sk);

/** close(): FIN behind all that was written. The application has nothing to do with the socket any more. */
export function close(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const state = s[at + S_STATE] as number;
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) | F_ORPHAN;
  if (state === SYN_SENT || state === SYN_RECEIVED) {
    k.sockets.forget(sk);
    return;
  }
  s[at + S_FLAGS] = (s[at + S_FLAGS] as number) | F_FIN_QUEUED;
  s[at + S_KEEPALIVE] = -1;
  if (state === ESTABLISHED) s[at + S_STATE] = FIN_WAIT_1;
  else if (state === CLOSE_WAIT) s[at + S_STATE] = LAST_ACK;
  else if (state === FIN_WAIT_2) setKeepTimer(k, sk, k.now + FIN_TIMEOUT);
  output(k, sk);
}

/** Ends a connection with RST: SO_LINGER 0, or data that nobody read. */
export function abort(k: Kernel, sk: number): void {
  const at = sk * SOCKET_WORDS;
  const state = k.sockets.words[at + S_STATE] as number;
  k.sockets.words[at + S_FLAGS] = (k.sockets.words[at + S_FLAGS] as number) | F_ORPHAN;
  if (state !== CLOSED && state !== SYN_SENT) sendReset(k, sk);
  k.sockets.forget(sk);
}

/** The application has read what came: its ACK may go now. */
export function acknowledgeNow(k: Kernel, sk: number): void {
  if ((k.sockets.words[sk * SOCKET_WORDS + S_OWED] as number) > 0) sendAck(k, sk);
}
