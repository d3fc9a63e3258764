import type { CaptureFormat, Compression } from "./batch.ts";
import { isNetmon } from "./netmon.ts";
import { isNetxray } from "./netxray.ts";
import { pcapByteOrder } from "./pcap-header.ts";
import { isSnoop } from "./snoop-framer.ts";

/** What a file is, by its content. */
export type EvidenceKind = CaptureFormat | "text" | "empty" | "unknown";

/** Bytes from the start of a file that `sniff` wants. */
export const HEAD = 4096;

/** How the bytes at the start of a file say that it is compressed (RFC 1952 §2.3.1, RFC 8878 §3.1.1). */
export function sniffCompression(head: Uint8Array): Compression {
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return "gzip";
  if (head.length < 4) return "none";
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  // A zstd frame, or a skippable frame in front of one.
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? "zstd" : "none";
}

/** Tells the kind of (inflated) content from its first `HEAD` bytes. */
export function sniff(head: Uint8Array): EvidenceKind {
  if (head.length === 0) return "empty";
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 4 && pcapByteOrder(view, 0) !== undefined) return "pcap";
  if (head.length >= 12 && view.getUint32(0, false) === 0x0a0d0d0a) {
    const magic = view.getUint32(8, true);
    if (magic === 0x1a2b3c4d || magic === 0x4d3c2b1a) return "pcapng";
  }
  if (isSnoop(head)) return "snoop";
  if (isNetmon(head)) return "netmon";
  if (isNetxray(head)) return "netxray";
  return isText(head) ? "text" : "unknown";
}

/** UTF-8 or UTF-16 with a mark: no control characters but the usual white space and escape. */
function isText(head: Uint8Array): boolean {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  let odd = 0;
  for (const byte of head) {
    if (byte === 0) return false;
    if (byte < 0x20 && (byte < 7 || byte > 13) && byte !== 0x1b) odd++;
  }
  return odd * 50 <= head.length;
}
