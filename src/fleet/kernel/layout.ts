/** The row of a socket: words in an Int32Array, times and estimates in a Float64Array (nanoseconds). */

export const SOCKET_WORDS = 40;
export const S_STATE = 0;
export const S_LOCAL = 1;
export const S_LOCAL_PORT = 2;
export const S_REMOTE = 3;
export const S_REMOTE_PORT = 4;
/** Initial numbers, and RFC 9293 §3.3.1: SND.UNA, SND.NXT, RCV.NXT; WRITE is behind the last byte the application gave. */
export const S_ISS = 5;
export const S_UNA = 6;
export const S_NXT = 7;
export const S_WRITE = 8;
export const S_IRS = 9;
export const S_RCV = 10;
/** The `F_` bits. */
export const S_FLAGS = 11;
/** Congestion window and slow start threshold, in segments. */
export const S_CWND = 12;
export const S_SSTHRESH = 13;
export const S_DUPACKS = 14;
/** Retransmissions in a row without an answer, and how often the timer has doubled. */
export const S_RETRIES = 15;
export const S_BACKOFF = 16;
/** Timestamps: our offset, the peer's latest (RFC 7323 TS.Recent). */
export const S_TS_OFFSET = 17;
export const S_TS_RECENT = 18;
/** Packets in flight that carry this stream. */
export const S_REFS = 19;
/** Messages: first kept, last, and first not yet delivered at the other end. */
export const S_HEAD = 20;
export const S_TAIL = 21;
export const S_DELIVER = 22;
/** The application's number for it (a session). */
export const S_USER = 23;
/** Stamp of the timer that counts. */
export const S_STAMP = 24;
export const S_FREE = 25;
/** Bytes received and not acknowledged yet. */
export const S_OWED = 26;
export const S_IP_ID = 27;
/** Loss recovery: up to where, and the next byte to repeat. */
export const S_RECOVER = 28;
export const S_REPEAT = 29;
/** Segments in flight. */
export const S_SEGMENTS = 30;
/** Keepalive: probes without an answer, and which settings (-1: off). */
export const S_PROBES = 31;
export const S_KEEPALIVE = 32;
/** The number whose acknowledgment is timed. */
export const S_TIMED = 33;
/** How often this row has been used: a stale reference carries another. */
export const S_GENERATION = 34;
/** Initial number of the last SYN that came to the open connection: its repeats are no further collision. */
export const S_COLLIDED = 35;

export const SOCKET_TIMES = 11;
/** Retransmission (and tail loss probe), delayed ACK, and one for keepalive, FIN-WAIT-2 and TIME-WAIT. */
export const T_RETRANSMIT = 0;
export const T_ACK = 1;
export const T_KEEP = 2;
/** The earliest event in the queue that counts. */
export const T_TIMER = 3;
export const T_SRTT = 4;
export const T_RTTVAR = 5;
export const T_TIMED = 6;
/** The latest answer to a segment out of window (tcp_invalid_ratelimit). */
export const T_INVALID = 7;
export const T_HEARD = 8;
/** When the latest packet of this direction reaches the next place: the next one not before. */
export const T_ORDER = 9;

/** The event of the keepalive timer that counts: it is far away, and would otherwise be put in again with every segment. */
export const T_KEEP_TIMER = 10;

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
