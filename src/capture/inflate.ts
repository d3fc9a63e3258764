import { readSync } from "node:fs";
import { createGunzip, createInflateRaw, createZstdDecompress } from "node:zlib";
import { sniffCompression } from "./sniff.ts";

/** Output bytes of one step; the consumer works on one while the thread pool makes the next. */
const STEP = 256 * 1024;
const INPUT = 128 * 1024;
const SMALL_INPUT = 4 * 1024;
/** Steps that may wait for the consumer before inflating pauses. */
const MOST_WAITING = 6;

/** Why inflating ended. */
export type InflateEnd = "whole" | "stopped" | "cut-short" | "damaged" | "trailing-bytes";

export interface InflateOptions {
  readonly compression: "gzip" | "zstd";
  /** Takes the next inflated bytes; `read` is how far the compressed file was read. False stops. */
  readonly onBytes: (bytes: Uint8Array, read: number) => boolean;
}

/**
 * Inflates the file behind `fd` in the thread pool while `onBytes` works on the step before.
 * Members (gzip) and frames (zstd) that follow each other are one file. Memory is bounded.
 */
export async function inflate(fd: number, options: InflateOptions): Promise<InflateEnd> {
  const engine = options.compression;
  let given = 0;
  const onBytes = (bytes: Uint8Array, read: number): boolean => {
    given += bytes.length;
    return options.onBytes(bytes, read);
  };
  let at = 0;
  for (;;) {
    const part = await inflateOne({ fd, from: at, engine, input: INPUT, onBytes });
    if (part.end === "damaged" && engine === "gzip") return await salvage(fd, given, options);
    if (part.end !== "whole" || part.next <= at) return part.end;
    at = part.next;
    const more = whatFollows(fd, at, engine);
    if (more !== "member") return more === "nothing" ? "whole" : "trailing-bytes";
  }
}

/**
 * zlib withholds the output of a step that fails, also when only the bytes after the last member
 * are wrong. This second, slower reading takes the members apart (RFC 1952 §2.2) and hands out what
 * lies past the first `given` bytes.
 */
async function salvage(fd: number, given: number, options: InflateOptions): Promise<InflateEnd> {
  let skip = given;
  const onBytes = (bytes: Uint8Array, read: number): boolean => {
    const passed = Math.min(skip, bytes.length);
    skip -= passed;
    return passed === bytes.length || options.onBytes(bytes.subarray(passed), read);
  };
  let at = 0;
  for (;;) {
    const from = at + gzipHeaderLength(fd, at);
    const part = await inflateOne({ fd, from, engine: "raw", input: SMALL_INPUT, onBytes });
    if (part.end !== "whole") return part.end;
    at = part.next + 8;
    const more = whatFollows(fd, at, "gzip");
    // Every member could be read: the first reading failed over a checksum.
    if (more !== "member") return more === "nothing" ? "damaged" : "trailing-bytes";
  }
}

/** Length of the gzip header at `at` (RFC 1952 §2.3), flags and all. */
function gzipHeaderLength(fd: number, at: number): number {
  const head = Buffer.alloc(INPUT);
  const length = readSync(fd, head, 0, INPUT, at);
  const flags = head[3] ?? 0;
  let end = 10;
  if ((flags & 4) !== 0) end += 2 + head.readUInt16LE(end);
  for (const flag of [8, 16]) {
    if ((flags & flag) !== 0) end = head.indexOf(0, Math.min(end, INPUT)) + 1;
    if (end <= 0) return length;
  }
  if ((flags & 2) !== 0) end += 2;
  return Math.min(end, length);
}

interface Part {
  readonly end: InflateEnd;
  /** Where in the file this part ended. */
  readonly next: number;
}

interface PartOptions {
  readonly fd: number;
  readonly from: number;
  readonly engine: "gzip" | "zstd" | "raw";
  /** Bytes of one piece of input. */
  readonly input: number;
  readonly onBytes: (bytes: Uint8Array, read: number) => boolean;
}

async function inflateOne(options: PartOptions): Promise<Part> {
  const { fd, from, input: inputLength } = options;
  const stream = ENGINES[options.engine]();
  const waiting: Uint8Array[] = [];
  let at = from;
  let unwritten = 0;
  let ended = false;
  let failure: string | undefined;
  let wake: () => void = () => {};
  stream.on("data", (bytes: Uint8Array) => {
    waiting.push(bytes);
    if (waiting.length >= MOST_WAITING) stream.pause();
    wake();
  });
  stream.on("end", () => {
    ended = true;
    wake();
  });
  stream.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code ?? "error";
    wake();
  });
  const written = (): void => {
    unwritten--;
    wake();
  };
  let finished = false;
  const stop = (end: InflateEnd): Part => {
    const next = from + stream.bytesWritten;
    stream.removeAllListeners("data");
    stream.destroy();
    return { end, next };
  };
  for (;;) {
    while (!finished && failure === undefined && !ended && unwritten < 2) {
      const input = Buffer.allocUnsafe(inputLength);
      const length = readSync(fd, input, 0, inputLength, at);
      if (length === 0) break;
      at += length;
      unwritten++;
      stream.write(input.subarray(0, length), written);
    }
    const bytes = waiting.shift();
    if (bytes !== undefined) {
      if (waiting.length < MOST_WAITING / 2) stream.resume();
      if (!options.onBytes(bytes, at)) return stop("stopped");
      // Let the thread pool's answer in, so that the next step starts.
      await new Promise<void>((resolve) => setImmediate(resolve));
      continue;
    }
    if (failure !== undefined) return stop(finished && CUT.has(failure) ? "cut-short" : "damaged");
    if (ended) return stop("whole");
    if (unwritten === 0 && !finished) {
      // Everything read has been inflated and taken; now an unfinished member shows as an error.
      finished = true;
      stream.end();
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (waiting.length > 0 || ended || failure !== undefined) resolve();
    });
    wake = () => {};
  }
}

/** zlib's and zstd's ways to say that the input ended too early. */
const CUT: ReadonlySet<string> = new Set(["Z_BUF_ERROR", "ERR_ZSTD_SRC_SIZE_WRONG", "ZSTD_error_srcSize_wrong"]);

const ENGINES = {
  gzip: () => createGunzip({ chunkSize: STEP }),
  zstd: () => createZstdDecompress({ chunkSize: STEP }),
  raw: () => createInflateRaw({ chunkSize: STEP }),
} as const;

/** What lies at `at`: another member, nothing (or zero padding), or something else. */
function whatFollows(fd: number, at: number, engine: "gzip" | "zstd"): "member" | "nothing" | "other" {
  const head = Buffer.alloc(4);
  const length = readSync(fd, head, 0, 4, at);
  if (length === 0 || head.every((byte) => byte === 0)) return "nothing";
  return sniffCompression(head) === engine ? "member" : "other";
}
