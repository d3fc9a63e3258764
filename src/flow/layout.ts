/**
 * How a flow lies in memory: a row of 64 neighbouring 32-bit slots (256 bytes, four cache lines),
 * in pages of 4,096 rows. Row number and Wireshark's `tcp.stream` are the same number.
 *
 *   slots  0-15  header: the key, the flow's times, its event list
 *   slots 16-31  direction a (a sent the flow's first packet)
 *   slots 32-47  direction b
 *   slots 48-63  rarely touched: packet numbers of handshake and close
 *
 * A packet touches the header, its own direction and a little of the other. Times are doubles
 * (nanoseconds) and lie at even slots, reached through a Float64Array over the same page.
 */
export const ROW_SLOTS = 64;
export const PAGE_BITS = 12;
export const PAGE_ROWS: number = 1 << PAGE_BITS;
export const PAGE_MASK: number = PAGE_ROWS - 1;

// Header. The key is in canonical order: the lower (address, port) first.
/** IPv4 address, or index in the table of IPv6 addresses. */
export const H_LOW = 0;
export const H_HIGH = 1;
/** Port of the lower end in the upper 16 bits, of the higher end in the lower. */
export const H_PORTS = 2;
/** FL_* bits. */
export const H_FLAGS = 3;
/** The previous row with the same four-tuple plus one; 0 when there is none. */
export const H_PREVIOUS = 4;
/** The latest event of this flow plus one; 0 when there is none. */
export const H_EVENTS = 5;
export const H_FIRST_PACKET = 6;
export const H_LAST_PACKET = 7;
/** double: time of the first packet */
export const H_FIRST_TIME = 8;
/** double: from SYN to the ACK that completes the handshake; 0 while unknown */
export const H_FIRST_RTT = 10;
/** double: the longest silence */
export const H_SILENCE = 12;
/** The packet that ended the longest silence. */
export const H_SILENCE_PACKET = 14;
/** Chatter events written, then counted only (see flow-table.ts). */
export const H_CHATTER = 15;

export const DIR_A = 16;
export const DIR_B = 32;
// Within a direction.
/** D_* bits, window scale in the upper 8 bits. */
export const D_FLAGS = 0;
/** The number after the highest byte sent. */
export const D_NEXT = 1;
/** The end of what was sent without a hole: the highest number that may be acknowledged. */
export const D_CONTIGUOUS = 2;
export const D_LAST_ACK = 3;
/** Window field of the last packet, unscaled; -1 before the first. */
export const D_WINDOW = 4;
/** Duplicate ACKs in a row. */
export const D_DUPLICATES = 5;
export const D_PACKETS = 6;
export const D_BASE = 7;
/** double: payload bytes as the headers say */
export const D_BYTES = 8;
/** double: when D_NEXT last grew */
export const D_NEXT_TIME = 10;
/** double: when this direction last sent anything */
export const D_LAST_TIME = 12;
export const D_LAST_PACKET = 14;
/** first TTL | last TTL << 8 | IP id of the last packet << 16 */
export const D_FINGERPRINT = 15;

// Rarely touched. For direction b add 1.
/** The first SYN or SYN-ACK of the direction. */
export const C_SYN = 48;
export const C_FIN = 50;
export const C_RST = 52;
/** Retransmissions and probes in a row while the other side sent nothing, and its last packet when the row began. */
export const C_UNANSWERED = 54;
export const C_UNANSWERED_SINCE = 56;
/** ICMP errors that quote this flow. */
export const C_ICMP = 58;
/** Chatter events that were counted and not kept. */
export const C_DROPPED = 59;
/** double: when the first SYN was sent (for the first round trip) */
export const C_SYN_TIME = 60;
/** Bytes of the client's first TLS record, negative when direction b sent it; 0 without one. */
export const C_HELLO = 62;

// FL_* bits of H_FLAGS.
/** The end that sent the first packet is the higher end of the key. */
export const FL_A_IS_HIGH = 0x1;
export const FL_IPV6 = 0x2;
/** A SYN without ACK came from a / from b. */
export const FL_SYN_A = 0x4;
export const FL_SYN_B = 0x8;
export const FL_SYN_ACK = 0x10;
/** The same four-tuple was in use before. */
export const FL_REUSED = 0x20;
/** The next flow of the same four-tuple began while this one was open. */
export const FL_OVERTAKEN = 0x40;
/** Something that a signature may want to see closer. */
export const FL_SUSPECT = 0x80;
export const FL_FOREIGN_ACK = 0x100;
export const FL_CHALLENGED = 0x200;
export const FL_RST = 0x400;
export const FL_ICMP = 0x800;
export const FL_DATA_AFTER_CLOSE = 0x1000;
/** A TCP header was cut so short that its flags could not be read. */
export const FL_HEADERLESS = 0x2000;
export const FL_ESTABLISHED = 0x8000;
/** Source and destination address are the same. */
export const FL_SELF = 0x10000;
export const FL_FIN_A = 0x20000;
export const FL_FIN_B = 0x40000;
/** Began with a TLS ClientHello / with the HTTP/2 preface. */
export const FL_TLS = 0x80000;
export const FL_HTTP2 = 0x100000;

// D_* bits of D_FLAGS.
export const DF_BASE = 0x1;
export const DF_NEXT = 0x2;
export const DF_CONTIGUOUS = 0x4;
export const DF_ACK = 0x8;
export const DF_LAST_KEEPALIVE = 0x10;
export const DF_LAST_PROBE = 0x20;
/** The last packet was a SYN: its window is not scaled (RFC 7323 §2.2). */
export const DF_LAST_SYN = 0x40;
export const DF_SCALE_KNOWN = 0x80;
export const DF_FIN = 0x100;
export const DF_RST = 0x200;
export const DF_TTL = 0x800;
export const DF_DATA = 0x1000;
export const DF_SCALE_OFFERED = 0x2000;
export const DF_SCALE_SHIFT = 24;
