import type { Kernel, SocketEnd } from "./kernel.ts";
import * as limits from "./kernel.ts";
import * as layout from "./layout.ts";
import * as packetLayout from "./packets.ts";
import { initialNumber, sendSyn, setKeepTimer, timestampOffset } from "./tcp-output.ts";

const { INITIAL_CWND, RTO_INITIAL, SECOND } = limits;
const {
  ESTABLISHED,
  F_ACCEPTED,
  F_ORPHAN,
  S_CWND,
  S_FLAGS,
  S_IP_ID,
  S_IRS,
  S_ISS,
  S_KEEPALIVE,
  S_NXT,
  S_RCV,
  S_RETRIES,
  S_SEGMENTS,
  S_SSTHRESH,
  S_STATE,
  S_TS_OFFSET,
  S_TS_RECENT,
  S_UNA,
  S_WRITE,
  SOCKET_TIMES,
  SOCKET_WORDS,
  SYN_RECEIVED,
  T_HEARD,
  T_RETRANSMIT,
  T_RTTVAR,
  T_SRTT,
  T_TIMED,
} = layout;
const { P_FROM, P_SEQ, P_TO, P_TS, PACKET_WORDS } = packetLayout;

/** A SYN at a port where somebody listens: a half of a connection, and SYN-ACK. */
export function listen(k: Kernel, packet: number): void {
  const p = packet * PACKET_WORDS;
  const rows = k.packets.rows;
  const local = rows[p + P_TO] as number;
  const remote = rows[p + P_FROM] as number;
  const sk = k.sockets.open(local, remote);
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  start(k, sk, initialNumber(k, local, remote), timestampOffset(k, local, remote));
  s[at + S_STATE] = SYN_RECEIVED;
  s[at + S_FLAGS] = F_ACCEPTED;
  s[at + S_IRS] = rows[p + P_SEQ] as number;
  s[at + S_RCV] = ((rows[p + P_SEQ] as number) + 1) | 0;
  s[at + S_TS_RECENT] = rows[p + P_TS] as number;
  sendSyn(k, sk, RTO_INITIAL);
}

/** The numbers that a new socket starts with. */
export function start(k: Kernel, sk: number, isn: number, offset: number): void {
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  s[at + S_ISS] = isn;
  s[at + S_UNA] = isn;
  s[at + S_NXT] = (isn + 1) | 0;
  s[at + S_WRITE] = (isn + 1) | 0;
  s[at + S_TS_OFFSET] = offset;
  s[at + S_IP_ID] = (isn ^ offset) & 0xffff;
  s[at + S_CWND] = INITIAL_CWND;
  s[at + S_SSTHRESH] = 0x7fffffff;
  s[at + S_KEEPALIVE] = -1;
  k.sockets.times[sk * SOCKET_TIMES + T_TIMED] = k.now;
}

/** The handshake is complete on this side; the SYN gave a first round-trip time unless it was sent twice. */
export function establish(k: Kernel, sk: number): void {
  const s = k.sockets.words;
  const at = sk * SOCKET_WORDS;
  const t = sk * SOCKET_TIMES;
  s[at + S_STATE] = ESTABLISHED;
  s[at + S_UNA] = s[at + S_NXT] as number;
  s[at + S_SEGMENTS] = 0;
  const measured = s[at + S_RETRIES] === 0 ? k.now - (k.sockets.times[t + T_TIMED] as number) : SECOND / 1000;
  k.sockets.times[t + T_SRTT] = Math.max(1, measured);
  k.sockets.times[t + T_RTTVAR] = measured / 2;
  s[at + S_RETRIES] = 0;
  k.sockets.times[t + T_RETRANSMIT] = Number.POSITIVE_INFINITY;
  k.sockets.times[t + T_HEARD] = k.now;
  useKeepalive(k, sk, s[at + S_KEEPALIVE] as number);
}

/** SO_KEEPALIVE with these settings; -1: off. */
export function useKeepalive(k: Kernel, sk: number, settings: number): void {
  k.sockets.words[sk * SOCKET_WORDS + S_KEEPALIVE] = settings;
  const chosen = k.keepalives[settings];
  if (chosen !== undefined && k.sockets.words[sk * SOCKET_WORDS + S_STATE] === ESTABLISHED)
    setKeepTimer(k, sk, k.now + chosen.idleNs);
}

/** The kernel gives a socket up, and says so to whoever still has it. */
export function end(k: Kernel, sk: number, why: SocketEnd): void {
  const at = sk * SOCKET_WORDS;
  const s = k.sockets.words;
  const owned = ((s[at + S_FLAGS] as number) & F_ORPHAN) === 0 && s[at + S_STATE] !== SYN_RECEIVED;
  // The application hears of it while the row still says whose it is.
  if (owned) k.user.gone(sk, why);
  k.sockets.forget(sk);
}
