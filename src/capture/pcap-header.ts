/**
 * The file header of pcap (draft-ietf-opsawg-pcap) and its relatives. They share magic numbers, so
 * the layout of the records is found by trying: the layout under which the most leading records
 * make sense wins, the standard one first.
 */

/** Which of the two length fields of a record comes first: tcpdump before 1999 swapped them. */
export type LengthOrder = "normal" | "swapped" | "swapped-if-larger";

export interface PcapHeader {
  readonly kind: "read";
  readonly littleEndian: boolean;
  /** Bytes of the file header. */
  readonly length: number;
  /** Bytes of each record's header. */
  readonly recordLength: number;
  /** Nanoseconds of one unit of a record's second time field. */
  readonly scale: 1 | 1000;
  readonly lengths: LengthOrder;
  readonly snapLength: number;
  readonly linkType: number;
  /** Bits of the frame check sequence behind each packet, where the header says so. */
  readonly fcsBits: number | undefined;
}

export interface RefusedHeader {
  readonly kind: "refused";
  readonly problem: "damaged" | "unsupported-version";
  readonly message: string;
}

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
/** Alexey Kuznetsov's patch: records carry interface, protocol and packet type. */
const MAGIC_MODIFIED = 0xa1b2cd34;
/** Ixia's hardware and software captures: nanoseconds, and four more bytes of file header. */
const MAGIC_IXIA_HARDWARE = 0x1c0001ac;
const MAGIC_IXIA_SOFTWARE = 0x1c0001ab;

/** Whether the four bytes begin a pcap file: its byte order, or undefined. */
export function pcapByteOrder(view: DataView, at: number): "little" | "big" | undefined {
  if (isMagic(view.getUint32(at, true))) return "little";
  return isMagic(view.getUint32(at, false)) ? "big" : undefined;
}

/** Reads the file header at `at`; `end - at` is at least 24. */
export function readPcapHeader(view: DataView, at: number, end: number): PcapHeader | RefusedHeader {
  const order = pcapByteOrder(view, at);
  if (order === undefined) return refused("damaged", "the file header's magic number is not pcap's");
  const littleEndian = order === "little";
  const magic = view.getUint32(at, littleEndian);
  const major = view.getUint16(at + 4, littleEndian);
  const minor = view.getUint16(at + 6, littleEndian);
  const snapLength = view.getUint32(at + 16, littleEndian);
  const network = view.getUint32(at + 20, littleEndian);
  if (major !== 2 && major !== 543) {
    return refused("unsupported-version", `pcap version ${major}.${minor} is not known (2.4 is usual)`);
  }
  // Bits 16-25 are reserved and must be zero; the ones above tell the length of the frame check sequence.
  if ((network & 0x03ff0000) !== 0) {
    return refused("damaged", `reserved bits of the link type are set (0x${network.toString(16)})`);
  }
  const ixia = magic === MAGIC_IXIA_HARDWARE || magic === MAGIC_IXIA_SOFTWARE;
  const aix = minor === 2 && major === 2 && AIX_LINK_TYPES.has(network);
  const length = ixia ? 28 : 24;
  const lengths = lengthOrder(major, minor);
  return {
    kind: "read",
    littleEndian,
    length,
    recordLength: recordLength({ view, at: at + length, end, littleEndian, magic, lengths }),
    scale: magic === MAGIC_NANOSECONDS || ixia || aix ? 1 : 1000,
    lengths,
    snapLength,
    linkType: aix ? (AIX_LINK_TYPES.get(network) ?? network) : network & 0xffff,
    // Bit 26 says that the upper four bits count the 16-bit words of the sequence.
    fcsBits: (network & 0x04000000) === 0 ? undefined : (network >>> 28) * 16,
  };
}

/** AIX writes version 2.2, nanoseconds, and RFC 1573 interface types in place of link types. */
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
]);

function isMagic(value: number): boolean {
  return (
    value === MAGIC_MICROSECONDS ||
    value === MAGIC_NANOSECONDS ||
    value === MAGIC_MODIFIED ||
    value === MAGIC_IXIA_HARDWARE ||
    value === MAGIC_IXIA_SOFTWARE
  );
}

function lengthOrder(major: number, minor: number): LengthOrder {
  if (major !== 2 || minor > 3) return "normal";
  return minor === 3 ? "swapped-if-larger" : "swapped";
}

interface Trial {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly littleEndian: boolean;
  readonly magic: number;
  readonly lengths: LengthOrder;
}

/** 16 is standard; 24 and 28 are two ages of the modified format; 20 is Nokia's IPSO. */
function recordLength(trial: Trial): number {
  if (trial.magic === MAGIC_NANOSECONDS) return 16;
  const candidates = trial.magic === MAGIC_MODIFIED ? [24, 28] : [16, 24, 20];
  let best = candidates[0] ?? 16;
  let bestScore = -1;
  for (const candidate of candidates) {
    const score = believable(trial, candidate);
    if (score > bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** How many of the first three records make sense with record headers of `header` bytes. */
function believable(trial: Trial, header: number): number {
  const { view, end, littleEndian, lengths } = trial;
  let at = trial.at;
  let previous = -1;
  for (let n = 0; n < 3; n++) {
    // Nothing speaks against the standard layout when a file ends early; others must show two records.
    if (at + 16 > end) return n >= 2 || header === 16 || trial.magic === MAGIC_MODIFIED ? 3 : n;
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const first = view.getUint32(at + 8, littleEndian);
    const second = view.getUint32(at + 12, littleEndian);
    const caplen = lengths === "normal" ? first : Math.min(first, second);
    const wirelen = lengths === "normal" ? second : Math.max(first, second);
    if (caplen > 262_144 || wirelen > 128 * 1024 * 1024 || fraction >= 1e9) return n;
    if (caplen > wirelen) return n;
    if (previous >= 0 && Math.abs(seconds - previous) > 100 * 86_400) return n;
    previous = seconds;
    at += header + caplen;
  }
  return 3;
}

function refused(problem: RefusedHeader["problem"], message: string): RefusedHeader {
  return { kind: "refused", problem, message };
}
