/**
 * Notable events of a flow, as the survey writes them down. The names of the first group are
 * Wireshark's (User's Guide §7.5, "TCP Analysis"), decided by the same rules, so that a packet
 * number found here can be looked up there; the second group is what Halfopen adds.
 */
export const EVENT_NAMES = [
  "retransmission",
  "fastRetransmission",
  "spuriousRetransmission",
  "outOfOrder",
  "duplicateAck",
  "keepalive",
  "keepaliveAck",
  "zeroWindow",
  "zeroWindowProbe",
  "zeroWindowProbeAck",
  "windowFull",
  "windowUpdate",
  "lostSegment",
  "ackedUnseen",
  "portReused",
  // What Halfopen adds.
  "syn",
  "synAck",
  "fin",
  "rst",
  "synOnOpenFlow",
  "foreignAck",
  "challengeAck",
  "rstUnacceptable",
  "dataAfterClose",
  "mirrorDuplicate",
  "icmpError",
  "fingerprintChange",
] as const;

export type EventName = (typeof EVENT_NAMES)[number];

export const EV_RETRANSMISSION = 0;
export const EV_FAST_RETRANSMISSION = 1;
export const EV_SPURIOUS_RETRANSMISSION = 2;
export const EV_OUT_OF_ORDER = 3;
export const EV_DUPLICATE_ACK = 4;
export const EV_KEEPALIVE = 5;
export const EV_KEEPALIVE_ACK = 6;
export const EV_ZERO_WINDOW = 7;
export const EV_ZERO_WINDOW_PROBE = 8;
export const EV_ZERO_WINDOW_PROBE_ACK = 9;
export const EV_WINDOW_FULL = 10;
export const EV_WINDOW_UPDATE = 11;
export const EV_LOST_SEGMENT = 12;
export const EV_ACKED_UNSEEN = 13;
export const EV_PORT_REUSED = 14;
/** A SYN, SYN-ACK, FIN or RST beyond the first of its direction (the first has a slot of its own in the row). */
export const EV_SYN = 15;
export const EV_SYN_ACK = 16;
export const EV_FIN = 17;
export const EV_RST = 18;
/** A SYN with a new initial number for a four-tuple whose previous flow had not ended (RFC 5961 §4). */
export const EV_SYN_ON_OPEN_FLOW = 19;
/** An acknowledgment of a number that its receiver has not come near to: it belongs to another connection. */
export const EV_FOREIGN_ACK = 20;
/** A bare ACK that answers a SYN or RST instead of accepting it (RFC 5961 §3, §4). */
export const EV_CHALLENGE_ACK = 21;
/** A RST whose number is not the one its receiver expects next (RFC 5961 §3 lets it pass unheard). */
export const EV_RST_UNACCEPTABLE = 22;
/** New data towards an end that has already sent RST, or from an end that has already sent FIN. */
export const EV_DATA_AFTER_CLOSE = 23;
/** The same packet again within a moment: same IP id, same numbers (a mirror port sees it twice). */
export const EV_MIRROR_DUPLICATE = 24;
/** An ICMP error that quotes a packet of this flow. */
export const EV_ICMP_ERROR = 25;
/** The TTL of this direction differs from that of its packet before; bounded as the frequent ones are. */
export const EV_FINGERPRINT_CHANGE = 26;

/** Events up to here are frequent on a lossy path; each flow keeps a bounded number of them. */
export const LAST_CHATTER_EVENT = 13;
