/** Bytes gathered before they are handed on. */
const SIZE: number = 1024 * 1024;

/** Gathers the blocks of a pcapng file and hands them on in large pieces. Pure: writing is the caller's. */
export class BlockBuffer {
  /** Byte order of the section that is being written. */
  littleEndian = true;
  bytes: Uint8Array = new Uint8Array(SIZE);
  view: DataView = new DataView(this.bytes.buffer);
  /** How far `bytes` is filled. */
  at = 0;
  readonly #take: (bytes: Uint8Array) => void;
  #taken = 0;

  /** `take` must be done with the bytes when it returns. */
  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  /** Position in the file of the next byte. */
  get position(): number {
    return this.#taken + this.at;
  }

  /** Makes room for `length` more bytes, and says where they go; the caller fills them all. */
  room(length: number): number {
    if (this.at + length > this.bytes.length) this.flush();
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(length);
      this.view = new DataView(this.bytes.buffer);
    }
    const at = this.at;
    this.at += length;
    return at;
  }

  /** Takes bytes as they are; a long run is handed on without a copy. */
  copy(bytes: Uint8Array): void {
    if (bytes.length >= SIZE / 8) {
      this.flush();
      this.#hand(bytes);
      return;
    }
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Hands on what was gathered. */
  flush(): void {
    if (this.at > 0) this.#hand(this.bytes.subarray(0, this.at));
    this.at = 0;
  }

  #hand(bytes: Uint8Array): void {
    this.#take(bytes);
    this.#taken += bytes.length;
  }
}
