/** Figures that several turns of the fleet share; `../figures.ts` has those that the full simulation needs too. */

/** `watchOn`: asked for, and no connection yet. */
export const WAITS = -2;
/** Linux gives an orphan 8 retransmissions (tcp_orphan_retries): the ninth would come so long after what was said first. */
export const ORPHAN_MS = 102_400;
/** tcp_retries2 = 15 (Documentation/networking/ip-sysctl.rst: 924.6 s with the smallest timeout). */
export const RETRANSMISSION_MS = 924_600;
/** When Linux repeats a SYN (tcp_syn_linear_timeouts, tcp_syn_retries: ip-sysctl.rst). */
export const SYNS_S: readonly number[] = [1, 2, 3, 4, 5, 7, 11, 19, 35, 67];
/** Linux waits 200 ms at least and doubles: what was said at 0 is repeated at 0.2, 0.4, 0.8 … s (measured). */
export const FIRST_RETRANSMISSION_MS = 200;
/** Just before, or just after. */
export const EARLIER_MS = 1e-6;
