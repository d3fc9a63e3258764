import type { EventQueue } from "../engine/event-queue.ts";
import { TIME_WAIT_MS, TW_REUSE_MS } from "../figures.ts";
import type { Messages } from "./messages.ts";
import type { Packets } from "./packets.ts";
import type { SocketTimers } from "./socket-timers.ts";
import type { Sockets } from "./sockets.ts";

/** What the TCP of every host works with. One object for all hosts: a socket knows its own. */
export interface Kernel {
  /** Nanoseconds since the start; the main loop sets it. */
  now: number;
  readonly queue: EventQueue;
  /** Delayed ACK and retransmission. */
  readonly timers: SocketTimers;
  /** The kind of events in the queue for keepalive, FIN-WAIT-2 and TIME-WAIT: index is a socket; stamped with the row's generation. */
  readonly keepKind: number;
  readonly sockets: Sockets;
  readonly packets: Packets;
  readonly messages: Messages;
  /** Takes a packet from the host it is from to wherever it goes first. The kernel does not touch it again. */
  readonly transmit: (packet: number) => void;
  readonly user: TcpUser;
  /** For initial sequence numbers and timestamp offsets. */
  readonly secret: number;
  /** Maximum segment size with timestamps: 1448 over IPv4, 1428 over IPv6. */
  readonly segmentBytes: number;
  readonly keepalives: readonly KeepaliveSettings[];
}

export interface KeepaliveSettings {
  readonly idleNs: number;
  readonly intervalNs: number;
  readonly probes: number;
}

/** Why a socket ended. `refused`: RST in SYN-SENT. `timeout`: nothing came back for too long. `done`: both ends closed. */
export type SocketEnd = "reset" | "refused" | "timeout" | "done";

/** The applications' side. Called while a packet or timer is being handled; they may send, close and abort from there. */
export interface TcpUser {
  /** Whether a process listens at this place and port. */
  listens(place: number, port: number): boolean;
  /** The handshake is complete: of a connection opened here, or accepted. */
  opened(sk: number): void;
  /** One message arrived whole and in order; `sender` is the socket that sent it. */
  message(sk: number, kind: number, a: number, b: number, size: number, sender: number): void;
  /** The peer will send no more. */
  ended(sk: number): void;
  /** The kernel gave it up while an application still had it. The number means nothing afterwards. */
  gone(sk: number, why: SocketEnd): void;
  /** A SYN came to a connection that its host believes to be open. */
  collided(sk: number): void;
}

export const MILLISECOND = 1e6;
export const SECOND = 1e9;
/** Linux TCP_RTO_MIN, TCP_RTO_MAX, TCP_TIMEOUT_INIT (include/net/tcp.h). */
export const RTO_MIN: number = 200 * MILLISECOND;
export const RTO_MAX: number = 120 * SECOND;
export const RTO_INITIAL: number = SECOND;
/** TCP_DELACK_MIN: HZ/25. */
export const DELAYED_ACK: number = 40 * MILLISECOND;
/** tcp_invalid_ratelimit. */
export const INVALID_RATE_LIMIT: number = 500 * MILLISECOND;
/** TCP_TIMEWAIT_LEN, and tcp_fin_timeout's default. */
export const TIME_WAIT_LENGTH: number = TIME_WAIT_MS * MILLISECOND;
/** net.ipv4.tcp_tw_reuse_delay. */
export const TW_REUSE_DELAY: number = TW_REUSE_MS * MILLISECOND;
export const FIN_TIMEOUT: number = 60 * SECOND;
/** tcp_retries2, the retries of an orphan, tcp_syn_retries, tcp_synack_retries, tcp_syn_linear_timeouts. */
export const RETRIES = 15;
export const ORPHAN_RETRIES = 8;
export const SYN_RETRIES = 6;
export const SYNACK_RETRIES = 5;
export const SYN_LINEAR_TIMEOUTS = 4;
/** Two ticks of a kernel with 250 a second (TCP_TIMEOUT_MIN). */
export const TIMEOUT_MIN: number = 8 * MILLISECOND;
/** Bytes a receiver takes: 512 in the header, scaled by 2^7. */
export const WINDOW = 65_536;
export const WINDOW_FIELD = 512;
export const WINDOW_FIELD_SYN = 64_240;
export const INITIAL_CWND = 10;
