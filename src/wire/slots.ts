/** Slots that `locate` fills for a packet. Offsets are positions in the locator's `bytes`. */
export const LOC_KIND = 0;
export const LOC_IP_VERSION = 1;
export const LOC_IP_OFFSET = 2;
export const LOC_TCP_OFFSET = 3;
/** Length of TCP header and payload as the IP header says it (the wire's, not the snapped one). */
export const LOC_TCP_LENGTH = 4;
/** Position just past the last captured byte of this IP packet. */
export const LOC_END = 5;
/** TTL or hop limit. */
export const LOC_TTL = 6;
/** IPv4 identification, or -1. */
export const LOC_IP_ID = 7;
/** ICMP errors only: type and code, and where the address of the error's sender lies (4 or 16 bytes). */
export const LOC_ICMP_TYPE = 8;
export const LOC_ICMP_CODE = 9;
export const LOC_OUTER_SOURCE = 10;
export const LOC_SLOTS = 11;

/** No TCP: UDP, ARP, routing protocols, ICMP that quotes no TCP, records that hold no packet. */
export const LOCATED_OTHER = 0;
/** A TCP segment; the 20 bytes of its fixed header are captured. */
export const LOCATED_TCP = 1;
/** An ICMP error that quotes a TCP header; IP and TCP slots point at the quotation, 8 bytes of TCP are there. */
export const LOCATED_ICMP_ERROR = 2;
/** A fragment whose datagram is not complete yet. */
export const LOCATED_FRAGMENT = 3;
/** Headers that contradict themselves, or end before TCP's ports and numbers. */
export const LOCATED_MALFORMED = 4;
/** A link type that is not read. */
export const LOCATED_UNKNOWN_LINK = 5;
