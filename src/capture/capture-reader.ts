import { ProblemTally } from "../net/problem.ts";
import type { CaptureFormat, CaptureSummary, Compression, PacketBatch } from "./batch.ts";
import type { Framer } from "./framer.ts";
import { PacketRows } from "./packet-rows.ts";
import { PcapFramer } from "./pcap-framer.ts";
import { PcapngFramer } from "./pcapng-framer.ts";
import { SnoopFramer } from "./snoop-framer.ts";

/**
 * Turns a stream of bytes into batches: keeps the unfinished record at the end of a chunk for the
 * next one, grows the chunk when a record is larger, and keeps the summary. Pure: bytes in, batches out.
 */
export class CaptureReader {
  readonly rows: PacketRows;
  readonly problems: ProblemTally;
  readonly #format: CaptureFormat;
  readonly #framer: Framer | undefined;
  readonly #onBatch: (batch: PacketBatch) => void;
  readonly #linkTypes: number[] = [];
  #filled = 0;
  /** Position in the (inflated) file of the chunk's first byte. */
  #base = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #packets = 0;
  #lastLink = -1;

  constructor(
    format: CaptureFormat,
    onBatch: (batch: PacketBatch) => void,
    chunk: number,
    problems?: ProblemTally,
    framer: Framer | undefined = framerOf(format),
  ) {
    this.rows = new PacketRows(new Uint8Array(chunk));
    this.#format = format;
    this.#framer = framer;
    this.problems = this.#framer?.problems ?? problems ?? new ProblemTally();
    this.#onBatch = onBatch;
  }

  /** Nothing more will be read, however many bytes follow. */
  get stopped(): boolean {
    return this.#framer === undefined || this.#framer.stopped;
  }

  /** Where the next bytes go: read into `bytes` from `filled` on, then call `took`. */
  space(): { readonly bytes: Uint8Array; readonly filled: number } {
    const { rows } = this;
    const wanted = this.#framer?.wanted ?? 0;
    if (wanted > rows.bytes.length || this.#filled >= rows.bytes.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * rows.bytes.length));
      grown.set(rows.bytes.subarray(0, this.#filled));
      rows.use(grown);
    }
    return { bytes: rows.bytes, filled: this.#filled };
  }

  /** Frames the chunk after `length` more bytes were put into it. */
  took(length: number): void {
    this.#filled += length;
    const { rows } = this;
    const framer = this.#framer;
    if (framer === undefined) return;
    let at = 0;
    for (;;) {
      at = framer.frame(rows, at, this.#filled, this.#base);
      const full = rows.count >= rows.capacity;
      if (rows.count > 0) this.flush();
      if (!full || framer.stopped) break;
    }
    rows.bytes.copyWithin(0, at, this.#filled);
    this.#filled -= at;
    this.#base += at;
  }

  /** Takes bytes that lie elsewhere. */
  give(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.stopped) {
      const space = this.space();
      const length = Math.min(bytes.length - at, space.bytes.length - space.filled);
      space.bytes.set(bytes.subarray(at, at + length), space.filled);
      at += length;
      this.took(length);
    }
  }

  /** Hands the rows out and notes what the summary needs. */
  flush(): void {
    const { rows } = this;
    const { count, time, linkType } = rows;
    for (let i = 0; i < count; i++) {
      const at = time[i] as number;
      if (at < this.#from) this.#from = at;
      if (at > this.#to) this.#to = at;
      if (linkType[i] !== this.#lastLink) this.#noteLink(linkType[i] as number);
    }
    this.#packets += count;
    this.#onBatch(rows);
    rows.clear();
  }

  /** Ends the reading and says what was read. */
  finish(file: { readonly compression: Compression; readonly fileBytes: number }): CaptureSummary {
    this.#framer?.finish(this.#filled, this.#base);
    return {
      format: this.#format,
      compression: file.compression,
      packets: this.#packets,
      epoch: this.rows.epoch,
      from: this.#packets > 0 ? this.#from : 0,
      to: this.#packets > 0 ? this.#to : 0,
      fileBytes: file.fileBytes,
      linkTypes: this.#linkTypes,
      about: this.#framer?.about ?? {},
      names: this.#framer?.names ?? new Map(),
      secrets: this.#framer?.secrets ?? [],
      problems: this.problems.list(),
    };
  }

  #noteLink(link: number): void {
    this.#lastLink = link;
    if (!this.#linkTypes.includes(link) && this.#linkTypes.length < 1024) this.#linkTypes.push(link);
  }
}

function framerOf(format: CaptureFormat): Framer | undefined {
  switch (format) {
    case "pcap":
      return new PcapFramer();
    case "pcapng":
      return new PcapngFramer();
    case "snoop":
      return new SnoopFramer();
    case "netmon":
    case "netxray":
      return undefined;
  }
}
