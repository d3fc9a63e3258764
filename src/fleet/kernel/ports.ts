import type { Dice } from "../engine/dice.ts";
import { mix } from "../engine/dice.ts";
import { TupleTable } from "../engine/tuple-table.ts";

/**
 * Which local port does a connection get? Linux `__inet_hash_connect` (net/ipv4/inet_hashtables.c), RFC 6056 §3.3.4 (double hash):
 * the search starts at a hash of both addresses and the destination port, plus a counter that a second hash of the same chooses out of 65,536.
 * Ports of the parity of the range's first are tried before the others. A port is taken only for the same four-tuple, so two destinations
 * share ports freely. After a success the counter moves on by what was skipped, at least by an even number from 0 to 14, and 2
 * (measured on Linux 6.18: 2 to 16, mean 9).
 */
export class Ports {
  readonly #dice: Dice;
  readonly #secret: number;
  /** table_perturb of each host: by place and index. */
  readonly #counters: TupleTable = new TupleTable();

  constructor(dice: Dice, secret: number) {
    this.#dice = dice;
    this.#secret = secret;
  }

  /** A port from `low` to `high` for which `free` says yes; 0: none (EADDRNOTAVAIL). `stream` are the host's dice. */
  choose(ask: PortRequest): number {
    const { local, remote, remotePort, low, high, stream, free } = ask;
    const first = mix(mix(mix(this.#secret, local), remote), remotePort);
    const index = first & 0xffff;
    // `remaining` is rounded down to an even number where it is more than one.
    const remaining = high - low + 1 > 1 ? (high - low + 1) & ~1 : 1;
    const moved = Math.max(0, this.#counters.get(local, index));
    const start = (((mix(first, this.#secret) >>> 0) + moved) % remaining) & ~1;
    for (const parity of remaining > 1 ? [0, 1] : [0]) {
      let port = low + start + parity;
      for (let i = 0; i < remaining; i += 2, port += 2) {
        if (port > high) port -= remaining;
        if (!free(port)) continue;
        const step = Math.max(i, this.#dice.below(stream, 8) * 2) + 2;
        this.#counters.set(local, index, (moved + step) & 0x3fffffff);
        return port;
      }
    }
    return 0;
  }
}

export interface PortRequest {
  readonly local: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly low: number;
  /** Inclusive. */
  readonly high: number;
  readonly stream: number;
  readonly free: (port: number) => boolean;
}
