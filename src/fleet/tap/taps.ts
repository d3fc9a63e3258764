/** Where captures and logs of a simulation go. */
export interface Taps {
  /**
   * More bytes of a file, in order: `<place>.pcap` for what a capture there would show, `<place>.log` for what the programs there would have
   * printed. Nothing is kept: whoever passes this in writes or gathers.
   */
  readonly write: (file: string, bytes: Uint8Array) => void;
  /**
   * Whether a place is tapped: `server-0`, `balancer-a`, `<group>-3`, `nat-<group>-0`. Unless told: all places of a network of at most 64,
   * else servers' and controllers' hosts.
   */
  readonly at?: (place: string) => boolean;
  /** The wall clock's time at the beginning, nanoseconds since 1970; 2026-01-05T08:00:00Z unless told. */
  readonly epoch?: bigint;
}

/** 2026-01-05T08:00:00Z */
export const DEFAULT_EPOCH = 1_767_600_000_000_000_000n;

/** Gathers pieces of files and hands them on in chunks. */
export class Chunks {
  readonly #write: Taps["write"];
  readonly #pending: Map<string, { parts: Uint8Array[]; bytes: number }> = new Map();

  constructor(write: Taps["write"]) {
    this.#write = write;
  }

  add(file: string, piece: Uint8Array): void {
    let pending = this.#pending.get(file);
    if (pending === undefined) {
      pending = { parts: [], bytes: 0 };
      this.#pending.set(file, pending);
    }
    pending.parts.push(piece);
    pending.bytes += piece.length;
    if (pending.bytes >= CHUNK) this.#hand(file, pending);
  }

  end(): void {
    for (const [file, pending] of this.#pending) if (pending.bytes > 0) this.#hand(file, pending);
  }

  #hand(file: string, pending: { parts: Uint8Array[]; bytes: number }): void {
    const chunk = new Uint8Array(pending.bytes);
    let at = 0;
    for (const part of pending.parts) {
      chunk.set(part, at);
      at += part.length;
    }
    pending.parts = [];
    pending.bytes = 0;
    this.#write(file, chunk);
  }
}

const CHUNK = 65_536;
