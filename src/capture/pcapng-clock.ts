import type { Instant, Nanoseconds } from "../net/time.ts";

const WORD = 4_294_967_296;

/**
 * Turns the 64-bit time stamps of one pcapng interface into nanoseconds after the capture's epoch,
 * exactly: `if_tsresol` (powers of ten or of two) and `if_tsoffset`
 * (draft-ietf-opsawg-pcapng §4.2). Decimal resolutions down to the nanosecond need no bigint.
 */
export class PcapngClock {
  /** Nanoseconds of a tick, when a tick is a whole number of them; else 0. */
  readonly #tickNanos: number;
  readonly #unitsPerSecond: bigint;
  readonly #offset: bigint;
  #ready = false;
  #baseHigh = 0;
  #baseLow = 0;
  #remainder = 0;
  #epoch: Instant = 0n;

  /** `resolution` is the raw `if_tsresol` byte, `offsetSeconds` the value of `if_tsoffset`. */
  constructor(resolution: number, offsetSeconds: bigint) {
    const exponent = resolution & 0x7f;
    const binary = (resolution & 0x80) !== 0;
    this.#tickNanos = !binary && exponent <= 9 ? 10 ** (9 - exponent) : 0;
    this.#unitsPerSecond = binary ? 1n << BigInt(exponent) : 10n ** BigInt(exponent);
    this.#offset = offsetSeconds * 1_000_000_000n;
  }

  /** The wall-clock instant of a time stamp, rounded down to a nanosecond. */
  instant(high: number, low: number): Instant {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    return this.#offset + (ticks * 1_000_000_000n) / this.#unitsPerSecond;
  }

  /** The time stamp whose instant is `instant`, or the last one before it; not before the clock's zero. */
  stamp(instant: Instant): { readonly high: number; readonly low: number } {
    const scaled = (instant - this.#offset) * this.#unitsPerSecond;
    if (scaled < 0n) return { high: 0, low: 0 };
    const before = scaled / 1_000_000_000n;
    // Instants are rounded down: where a tick is no whole number of nanoseconds, the next stamp may be the one.
    const next = before + 1n;
    const isNext = this.#offset + (next * 1_000_000_000n) / this.#unitsPerSecond === instant;
    const ticks = isNext ? next : before;
    return { high: Number((ticks >> 32n) & 0xffffffffn), low: Number(ticks & 0xffffffffn) };
  }

  /** Nanoseconds from `epoch` (the same at every call) to a time stamp. */
  since(epoch: Instant, high: number, low: number): Nanoseconds {
    if (this.#tickNanos === 0) return Number(this.instant(high, low) - epoch);
    if (!this.#ready || this.#epoch !== epoch) this.#prepare(epoch);
    const ticks = (high - this.#baseHigh) * WORD + (low - this.#baseLow);
    return ticks * this.#tickNanos - this.#remainder;
  }

  #prepare(epoch: Instant): void {
    const tick = BigInt(this.#tickNanos);
    const nanos = epoch - this.#offset;
    const rest = ((nanos % tick) + tick) % tick;
    const base = (nanos - rest) / tick;
    this.#baseHigh = Number(base >> 32n);
    this.#baseLow = Number(base & 0xffffffffn);
    this.#remainder = Number(rest);
    this.#epoch = epoch;
    this.#ready = true;
  }
}
