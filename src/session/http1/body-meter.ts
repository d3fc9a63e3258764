/** Counts a message body and finds its end (RFC 9112 §6.3 and §7.1). */
export interface BodyMeter {
  /** Takes bytes from `at` on; gives where the message's bytes end in them. */
  take(bytes: Uint8Array, at: number): number;
  /** Bytes that are missing; false when the place in the message is no longer known. */
  miss(length: number): boolean;
  readonly done: boolean;
  readonly bodyBytes: number;
}

/** A body of known length; with Infinity one that ends with the connection. */
export class LengthMeter implements BodyMeter {
  bodyBytes = 0;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  take(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, bytes.length - at);
    this.#left -= taken;
    this.bodyBytes += taken;
    return at + taken;
  }

  miss(length: number): boolean {
    if (!Number.isFinite(length) || length > this.#left) return false;
    this.#left -= length;
    this.bodyBytes += length;
    return true;
  }
}

/** A line of a chunk's size or of a trailer is no longer than this. */
const LONGEST_LINE = 8192;

/** The chunked transfer coding (RFC 9112 §7.1). */
export class ChunkedMeter implements BodyMeter {
  bodyBytes = 0;
  /** The coding was violated: the end cannot be found. */
  broken = false;
  #state: "size" | "data" | "data-end" | "trailer" | "done" = "size";
  #left = 0;
  #line = "";

  get done(): boolean {
    return this.#state === "done" || this.broken;
  }

  take(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && !this.done) {
      if (this.#state === "data") {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        this.bodyBytes += taken;
        at += taken;
        if (this.#left === 0) this.#state = "data-end";
        continue;
      }
      const byte = bytes[at] ?? 0;
      at++;
      if (byte !== 0x0a) {
        this.#line += String.fromCharCode(byte);
        if (this.#line.length > LONGEST_LINE) this.broken = true;
      } else this.#endLine();
    }
    return at;
  }

  miss(length: number): boolean {
    if (this.#state !== "data" || !Number.isFinite(length) || length > this.#left) return false;
    this.#left -= length;
    this.bodyBytes += length;
    if (this.#left === 0) this.#state = "data-end";
    return true;
  }

  #endLine(): void {
    const line = this.#line.replace(/\r$/, "");
    this.#line = "";
    if (this.#state === "size") {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line);
      if (size === null) {
        this.broken = true;
        return;
      }
      this.#left = Number.parseInt(size[1] ?? "0", 16);
      this.#state = this.#left === 0 ? "trailer" : "data";
    } else if (this.#state === "data-end") {
      this.broken = line !== "";
      this.#state = "size";
    } else if (line === "") this.#state = "done";
  }
}
