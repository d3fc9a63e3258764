/**
 * The row of a socket: 256 bytes, seen as words (Int32Array) and as times and estimates (Float64Array, nanoseconds). What every packet touches stands in
 * the first two cache lines, its times in the third, the rest behind them: a large fleet is bound by memory.
 *
 * Whoever reads rows at every event takes these numbers in as constants of its own (`import * as layout`, then `const { S_STATE } = layout`): V8 of Node 24 puts
 * a module's own constants into its machine code, but reads and checks an imported one each time it is used, which cost a third of all time.
 */

export const SOCKET_WORDS = 64;
export const S_STATE = 0;
/** Endpoints (engine/endpoint.ts). */
export const S_LOCAL = 2;
export const S_REMOTE = 3;
/** Initial numbers, and RFC 9293 §3.3.1: SND.UNA, SND.NXT, RCV.NXT; WRITE is behind the last byte the application gave. */
export const S_ISS = 58;
export const S_UNA = 6;
export const S_NXT = 7;
export const S_WRITE = 8;
export const S_IRS = 59;
export const S_RCV = 9;
/** The `F_` bits. */
export const S_FLAGS = 1;
/** Congestion window and slow start threshold, in segments. */
export const S_CWND = 10;
export const S_SSTHRESH = 27;
export const S_DUPACKS = 26;
/** Retransmissions in a row without an answer, and how often the timer has doubled. */
export const S_RETRIES = 24;
export const S_BACKOFF = 25;
/** Timestamps: our offset, the peer's latest (RFC 7323 TS.Recent). */
export const S_TS_OFFSET = 12;
export const S_TS_RECENT = 13;
/** Packets in flight that carry this stream. */
export const S_REFS = 14;
/** Messages: first kept, last, and first not yet delivered at the other end. */
export const S_HEAD = 16;
export const S_TAIL = 17;
export const S_DELIVER = 18;
/** The application's number for it (a session). */
export const S_USER = 15;
/** Stamp of the timer that counts. */
export const S_STAMP = 22;
/** Where the timer stands in the list of its slot, from 1 (socket-timers.ts); 0: in the queue, or none. */
export const S_TIMER_ENTRY = 30;
export const S_FREE = 57;
/** Where a packet of this socket was found to belong: the row of the socket, and of a balancer's flow. Only to look there first. */
export const S_PEER = 31;
export const S_FLOW = 29;
/** Bytes received and not acknowledged yet. */
export const S_OWED = 19;
export const S_IP_ID = 20;
/** Loss recovery: up to where, and the next byte to repeat. */
export const S_RECOVER = 54;
export const S_REPEAT = 55;
/** Segments in flight. */
export const S_SEGMENTS = 11;
/** Keepalive: probes without an answer, and which settings (-1: off). */
export const S_PROBES = 28;
export const S_KEEPALIVE = 60;
/** The number whose acknowledgment is timed. */
export const S_TIMED = 21;
/** How often this row has been used: a stale reference carries another. */
export const S_GENERATION = 23;
/** Of a socket that opens: its SYN met a connection in use. */
export const S_COLLIDED = 56;

export const SOCKET_TIMES = 32;
/** Retransmission (and tail loss probe), delayed ACK, and one for keepalive, FIN-WAIT-2 and TIME-WAIT. */
export const T_RETRANSMIT = 16;
export const T_ACK = 17;
export const T_KEEP = 24;
/** The earliest event in the queue that counts. */
export const T_TIMER = 19;
export const T_SRTT = 20;
export const T_RTTVAR = 21;
export const T_TIMED = 22;
/** The latest answer to a segment out of window (tcp_invalid_ratelimit). */
export const T_INVALID = 25;
export const T_HEARD = 18;
/** When the latest packet of this direction reaches the next place: the next one not before. */
export const T_ORDER = 23;

/** The event of the keepalive timer that counts: it is far away, and would otherwise be put in again with every segment. */
export const T_KEEP_TIMER = 26;

/** RFC 9293 §3.3.2, with CLOSED as 0. */
export const CLOSED = 0;
export const SYN_SENT = 1;
export const SYN_RECEIVED = 2;
export const ESTABLISHED = 3;
export const FIN_WAIT_1 = 4;
export const FIN_WAIT_2 = 5;
export const CLOSE_WAIT = 6;
export const CLOSING = 7;
export const LAST_ACK = 8;
export const TIME_WAIT = 9;

export const F_ORPHAN = 1;
export const F_FIN_QUEUED = 2;
export const F_FIN_SENT = 4;
/** The pending retransmission timer is a tail loss probe; one has been sent since the last new ACK. */
export const F_PROBE_NEXT = 8;
export const F_PROBED = 16;
export const F_ACCEPTED = 32;
export const F_TIMING = 64;
/** Repeating what was lost, up to S_RECOVER. */
export const F_RECOVERY = 128;
export const F_FIN_RECEIVED = 256;
/** Something out of order is kept for it. */
export const F_HOLES = 512;
/** No longer known to its host; the row waits for its packets. */
export const F_UNHASHED = 1024;
