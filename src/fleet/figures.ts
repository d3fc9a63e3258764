/** Figures that the full and the thinned simulation both need: once, so that they can't come apart. */

/** TCP_TIMEWAIT_LEN (Linux include/net/tcp.h). */
export const TIME_WAIT_MS = 60_000;
/** net.ipv4.tcp_tw_reuse_delay: from then on a new connection may follow one in TIME-WAIT. */
export const TW_REUSE_MS = 1000;
/** The reflector's waits (client-go tools/cache/reflector.go). */
export const REFLECTOR_BACK_OFF: { readonly initialMs: number; readonly maxMs: number } = {
  initialMs: 800,
  maxMs: 30_000,
};
/** A request is tried so often (Go's HTTP/2 transport), then it fails. */
export const MAX_ATTEMPTS = 7;
/** Everybody begins within this time: clients that start together would not be like clients that have run for days. */
export const START_MS = 1000;
