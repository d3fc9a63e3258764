import { ProblemTally } from "../net/problem.ts";
import { type Framer, LARGEST_PACKET, USUAL_LARGEST_PACKET } from "./framer.ts";
import type { PacketRows } from "./packet-rows.ts";
import { type PcapHeader, readPcapHeader } from "./pcap-header.ts";

/** Empty records with time 0 in a row that are taken for a zero-filled tail, not packets. */
const MOST_EMPTY_RECORDS = 65_536;

/** Reads pcap files of every byte order, precision and record layout (see `pcap-header.ts`). */
export class PcapFramer implements Framer {
  readonly format = "pcap";
  readonly problems: ProblemTally = new ProblemTally();
  readonly about: Record<string, string> = {};
  readonly names: Map<string, string> = new Map();
  readonly secrets: Uint8Array[] = [];
  stopped = false;
  wanted = 24;
  #header: PcapHeader | undefined;
  #epochSeconds = -1;
  #epochNanos = 0;
  #empty = 0;
  #doubtful = 0;

  /** The file's header, once it was read. */
  get header(): PcapHeader | undefined {
    return this.#header;
  }

  frame(rows: PacketRows, from: number, end: number, base: number): number {
    if (this.stopped) return from;
    if (this.#header !== undefined) return this.#records(this.#header, rows, from, end, base);
    if (end - from < 24) return from;
    const header = readPcapHeader(rows.view, from, end);
    if (header.kind === "refused") {
      this.problems.add(header.problem, header.message);
      this.stopped = true;
      return from;
    }
    if (end - from < header.length) {
      this.wanted = header.length;
      return from;
    }
    this.#header = header;
    return this.#records(header, rows, from + header.length, end, base);
  }

  finish(leftover: number, at: number): void {
    if (this.#doubtful > 0) {
      this.problems.add(
        "captured-more-than-wire",
        "records say that more bytes were captured than were on the wire; the captured length is believed",
        this.#doubtful,
      );
    }
    if (leftover === 0 || this.stopped) return;
    this.problems.add(
      "cut-short",
      `the file ends in the middle of a record at byte ${at}; everything before it was read`,
    );
  }

  /** The framing loop: allocates nothing. */
  #records(header: PcapHeader, rows: PacketRows, from: number, end: number, base: number): number {
    const { view, offset, captured, wireLength, time, linkType, capacity } = rows;
    const { littleEndian, recordLength, scale, lengths } = header;
    const limit = Math.min(Math.max(header.snapLength, USUAL_LARGEST_PACKET), LARGEST_PACKET);
    let count = rows.count;
    let at = from;
    while (count < capacity) {
      if (at + recordLength > end) {
        this.wanted = recordLength;
        break;
      }
      let caplen = view.getUint32(at + 8, littleEndian);
      let wirelen = view.getUint32(at + 12, littleEndian);
      if (lengths !== "normal" && (lengths === "swapped" || caplen > wirelen)) {
        const other = caplen;
        caplen = wirelen;
        wirelen = other;
      }
      if (caplen > limit) {
        this.#damaged(at + base, caplen);
        break;
      }
      const data = at + recordLength;
      if (data + caplen > end) {
        this.wanted = recordLength + caplen;
        break;
      }
      const seconds = view.getUint32(at, littleEndian);
      const nanos = view.getUint32(at + 4, littleEndian) * scale;
      if (caplen === 0 && wirelen === 0 && seconds === 0 && this.#tooManyEmpty(at + base)) break;
      if (this.#epochSeconds < 0) this.#begin(rows, seconds, nanos);
      if (caplen > wirelen) this.#doubtful++;
      offset[count] = data;
      captured[count] = caplen;
      wireLength[count] = Math.min(wirelen, 0x7fffffff);
      time[count] = (seconds - this.#epochSeconds) * 1e9 + (nanos - this.#epochNanos);
      linkType[count] = header.linkType;
      count++;
      at = data + caplen;
    }
    rows.count = count;
    return at;
  }

  #begin(rows: PacketRows, seconds: number, nanos: number): void {
    this.#epochSeconds = seconds;
    this.#epochNanos = nanos;
    rows.epoch = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
  }

  #damaged(at: number, caplen: number): void {
    this.stopped = true;
    this.problems.add(
      "damaged",
      `the record at byte ${at} claims a packet of ${caplen} bytes; nothing after it can be trusted`,
    );
  }

  #tooManyEmpty(at: number): boolean {
    this.#empty++;
    if (this.#empty < MOST_EMPTY_RECORDS) return false;
    this.stopped = true;
    this.problems.add("damaged", `nothing but zeros up to byte ${at}; reading stopped there`);
    return true;
  }
}
