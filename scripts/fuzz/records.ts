/** Just enough of pcap and pcapng to know where records lie, so that mutations can aim at them. */

/** Where a packet record or block lies: its start, where its packet bytes start, and its end. */
export interface RecordSpan {
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

export interface Layout {
  readonly kind: "pcap" | "pcapng" | "other";
  readonly littleEndian: boolean;
  readonly records: readonly RecordSpan[];
}

const PCAP_MAGIC: ReadonlyMap<number, boolean> = new Map([
  [0xa1b2c3d4, false],
  [0xa1b23c4d, false],
  [0xd4c3b2a1, true],
  [0x4d3cb2a1, true],
]);
const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_INTERFACE = 1;
const PCAPNG_ENHANCED_PACKET = 6;
const PCAPNG_BYTE_ORDER = 0x1a2b3c4d;

/** Walks the records of a sane file; stops quietly where it is not. */
export function layoutOf(bytes: Uint8Array): Layout {
  if (bytes.length < 28) return { kind: "other", littleEndian: true, records: [] };
  const view = viewOf(bytes);
  const pcap = PCAP_MAGIC.get(view.getUint32(0));
  if (pcap !== undefined) return { kind: "pcap", littleEndian: pcap, records: pcapRecords(view, pcap) };
  if (view.getUint32(0) !== PCAPNG_SECTION) return { kind: "other", littleEndian: true, records: [] };
  const littleEndian = view.getUint32(8, true) === PCAPNG_BYTE_ORDER;
  return { kind: "pcapng", littleEndian, records: pcapngBlocks(view, littleEndian) };
}

/** The container the bytes claim to be, for the closing count. */
export function containerOf(bytes: Uint8Array): string {
  const magic = bytes.length < 4 ? 0 : viewOf(bytes).getUint32(0);
  if (PCAP_MAGIC.has(magic)) return "pcap";
  if (magic === PCAPNG_SECTION) return "pcapng";
  if (magic >>> 16 === 0x1f8b) return "gzip";
  if (magic === 0x28b52ffd) return "zstd";
  return "other";
}

/** The same packets as a little-endian pcapng: one section, one interface. */
export function toPcapng(bytes: Uint8Array): Uint8Array {
  const { records, littleEndian } = layoutOf(bytes);
  const source = viewOf(bytes);
  const size = records.reduce((sum, r) => sum + 32 + ((r.end - r.body + 3) & ~3), 28 + 20);
  const target = new Uint8Array(size);
  const view = viewOf(target);
  const words = (at: number, ...values: readonly number[]): void => {
    for (const [i, value] of values.entries()) view.setUint32(at + 4 * i, value, true);
  };
  words(0, PCAPNG_SECTION, 28, PCAPNG_BYTE_ORDER, 1, 0xffffffff, 0xffffffff, 28);
  words(28, PCAPNG_INTERFACE, 20, source.getUint32(20, littleEndian), 262_144, 20);
  let at = 48;
  for (const { start, body, end } of records) {
    const padded = 32 + ((end - body + 3) & ~3);
    const seconds = source.getUint32(start, littleEndian);
    const micros = BigInt(seconds) * 1_000_000n + BigInt(source.getUint32(start + 4, littleEndian));
    words(at, PCAPNG_ENHANCED_PACKET, padded, 0, Number(micros >> 32n), Number(micros & 0xffffffffn));
    words(at + 20, end - body, source.getUint32(start + 12, littleEndian));
    target.set(bytes.subarray(body, end), at + 28);
    words(at + padded - 4, padded);
    at += padded;
  }
  return target;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function pcapRecords(view: DataView, littleEndian: boolean): readonly RecordSpan[] {
  const records: RecordSpan[] = [];
  for (let start = 24; start + 16 <= view.byteLength; ) {
    const end = start + 16 + view.getUint32(start + 8, littleEndian);
    if (end > view.byteLength) break;
    records.push({ start, body: start + 16, end });
    start = end;
  }
  return records;
}

function pcapngBlocks(view: DataView, littleEndian: boolean): readonly RecordSpan[] {
  const records: RecordSpan[] = [];
  for (let start = 0; start + 12 <= view.byteLength; ) {
    const length = view.getUint32(start + 4, littleEndian);
    if (length < 12 || start + length > view.byteLength) break;
    const packet = view.getUint32(start, littleEndian) === PCAPNG_ENHANCED_PACKET && length >= 32;
    records.push({ start, body: start + (packet ? 28 : 8), end: start + length });
    start += length;
  }
  return records;
}
