/** What is said on connections: kinds of messages, and kinds of calls. A message's `b` is `actor * CALLS + call` where a call is meant. */

export const OPEN_CLIENT = 1;
export const OPEN_SERVER = 2;
export const SETTINGS_ACK = 3;
/** `a`: the stream. */
export const REQUEST = 4;
export const RESPONSE = 5;
/** The header of an answer that goes on; an event in it; its end. */
export const WATCH_OPEN = 6;
export const EVENT = 7;
export const WATCH_END = 8;
export const PING = 9;
export const PONG = 10;
/** `a`: last stream id, `b`: error code. */
export const GOAWAY = 11;
/** `a`: stream, `b`: error code. */
export const RST_STREAM = 12;
/** `a`: stream (0: the connection), `b`: increment. */
export const WINDOW_UPDATE = 13;
export const H1_REQUEST = 14;
export const H1_RESPONSE = 15;
/** Answers that a balancer makes itself. */
export const BAD_GATEWAY = 16;
export const GATEWAY_TIMEOUT = 17;

/** The same over HTTP/1.1. */
export const H1_BAD_GATEWAY = 18;
export const H1_GATEWAY_TIMEOUT = 19;

/** A power of two: errands and messages keep the call in their lowest bits. */
export const CALLS = 8;
export const PLAIN = 0;
export const RENEW_LEASE = 1;
export const REPORT_STATUS = 2;
export const WATCH = 3;
export const LIST_LEASES = 4;
export const WATCH_LEASES = 5;

/** The largest stream id: "no stream is refused" in a first GOAWAY (RFC 9113 §6.8). */
export const LAST_POSSIBLE_STREAM = 0x7fffffff;
export const NO_ERROR = 0;
export const CANCEL = 8;
