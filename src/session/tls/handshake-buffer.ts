/** Handshake messages are put together from records up to this length; longer ones are passed over. */
const LONGEST: number = 256 * 1024;

const HEADER = 4;

/** Cuts handshake messages (RFC 8446 §4) out of the records that carry them. */
export class HandshakeBuffer {
  #bytes: Uint8Array = new Uint8Array(0);
  /** Bytes of a message that is passed over. */
  #skip = 0;

  /** The messages that this record completes; a body that was passed over is empty. */
  *add(fragment: Uint8Array): Generator<{ readonly type: number; readonly length: number; readonly body: Uint8Array }> {
    const skipped = Math.min(this.#skip, fragment.length);
    this.#skip -= skipped;
    this.#append(fragment.subarray(skipped));
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < HEADER) return;
      const length = ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
      const type = bytes[0] ?? 0;
      const end = HEADER + length;
      if (length > LONGEST) {
        this.#skip = Math.max(0, end - bytes.length);
        this.#bytes = bytes.slice(end);
        yield { type, length, body: new Uint8Array(0) };
        continue;
      }
      if (bytes.length < end) return;
      this.#bytes = bytes.slice(end);
      yield { type, length, body: bytes.subarray(HEADER, end) };
    }
  }

  /** Forgets a message whose rest was lost. */
  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#skip = 0;
  }

  #append(part: Uint8Array): void {
    if (this.#bytes.length === 0) {
      this.#bytes = part.slice();
      return;
    }
    const whole = new Uint8Array(this.#bytes.length + part.length);
    whole.set(this.#bytes);
    whole.set(part, this.#bytes.length);
    this.#bytes = whole;
  }
}
