import { readSync } from "node:fs";
import type { EvidenceSource } from "./evidence-source.ts";
import { inflate } from "./inflate.ts";

/** Where reading a compressed file ends: real captures never come near. */
export interface ReadLimits {
  /** Inflated bytes; 64 GiB unless told. */
  readonly inflatedBytes?: number;
  /** Inflated bytes for each byte of the file, judged past `ratioFromBytes`; 500 unless told. */
  readonly ratio?: number;
  /** Inflated bytes from which the ratio counts; 1 GiB unless told. */
  readonly ratioFromBytes?: number;
}

export interface InflateLimits {
  /** Told after every chunk: bytes of the file read so far, and its size if known. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  readonly limits?: ReadLimits;
}

const CHUNK: number = 256 * 1024;

/**
 * Reads a source as it is, inflated if need be, in chunks that `take` must be done with when it
 * returns; false ends the reading. For text such as logs. Tells what was wrong with a compressed file.
 */
export async function readBytes(
  source: EvidenceSource,
  take: (bytes: Uint8Array) => boolean,
  options: InflateLimits = {},
): Promise<Trouble | undefined> {
  if (source.compression !== "none") return await inflateWithin(source, source.compression, options, take);
  const chunk = new Uint8Array(CHUNK);
  let at = 0;
  for (;;) {
    const length = readSync(source.fd, chunk, 0, CHUNK, at);
    if (length === 0) return undefined;
    at += length;
    if (!take(chunk.subarray(0, length))) return undefined;
    options.onProgress?.(at, source.size);
  }
}

/** What was wrong with a compressed file. */
export interface Trouble {
  readonly kind: string;
  readonly message: string;
}

/** Inflates a source within its limits; tells what was wrong with the compressed file. */
export async function inflateWithin(
  source: EvidenceSource,
  compression: "gzip" | "zstd",
  options: InflateLimits,
  take: (bytes: Uint8Array) => boolean,
): Promise<Trouble | undefined> {
  const limit = options.limits?.inflatedBytes ?? 64 * 2 ** 30;
  const ratio = options.limits?.ratio ?? 500;
  const ratioFrom = options.limits?.ratioFromBytes ?? 2 ** 30;
  let inflated = 0;
  let tooMuch = false;
  const end = await inflate(source.fd, {
    compression,
    onBytes: (bytes, read) => {
      inflated += bytes.length;
      tooMuch = inflated > limit || (inflated > ratioFrom && inflated > ratio * read);
      if (tooMuch) return false;
      const more = take(bytes);
      options.onProgress?.(Math.min(read, source.size ?? read), source.size);
      return more;
    },
  });
  if (tooMuch) {
    return {
      kind: "inflates-too-far",
      message: `reading stopped: the file inflates to more than ${inflated} bytes, beyond what a capture would`,
    };
  }
  switch (end) {
    case "whole":
    case "stopped":
      return undefined;
    case "cut-short":
      return { kind: "cut-short", message: `the ${compression} data ends too early; what was there was read` };
    case "damaged":
      return { kind: "damaged", message: `the ${compression} data is damaged; what could be inflated was read` };
    case "trailing-bytes":
      return { kind: "trailing-bytes", message: `bytes after the end of the ${compression} data were passed over` };
  }
}
