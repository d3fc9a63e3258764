/**
 * Puts IP fragments together (RFC 791 §3.2, RFC 8200 §4.5). Where fragments overlap, the one with
 * the lower offset, then the earlier one, wins, as in Wireshark. Memory is bounded: the oldest
 * unfinished datagrams give way.
 */

/** Unfinished datagrams kept at once. */
const MOST_DATAGRAMS = 2048;
/** Bytes of fragments kept at once. */
const MOST_BYTES: number = 16 * 1024 * 1024;
/** Fragments of one datagram: 64 KiB in pieces of 8 bytes. */
const MOST_FRAGMENTS = 8192;
const LARGEST_PAYLOAD = 65_535;

export interface Fragment {
  /** Position of its first byte in the datagram's payload. */
  readonly offset: number;
  /** More fragments follow. */
  readonly more: boolean;
  readonly bytes: Uint8Array;
}

export type Outcome =
  | { readonly kind: "waiting" }
  | { readonly kind: "conflict" }
  | { readonly kind: "complete"; readonly payload: Uint8Array };

interface Datagram {
  /** In order of offset; equal offsets in order of arrival. */
  readonly fragments: Fragment[];
  /** Length of the whole payload once the last fragment is known, else -1. */
  length: number;
  bytes: number;
}

const WAITING: Outcome = { kind: "waiting" };
const CONFLICT: Outcome = { kind: "conflict" };

export class FragmentStore {
  readonly #datagrams = new Map<string, Datagram>();
  #bytes = 0;
  #givenUp = 0;

  /** Takes a fragment of the datagram named by `key`; copies its bytes. */
  add(key: string, fragment: Fragment): Outcome {
    const end = fragment.offset + fragment.bytes.length;
    if (end > LARGEST_PAYLOAD) return CONFLICT;
    const datagram = this.#datagramOf(key);
    if (datagram.fragments.length >= MOST_FRAGMENTS) return CONFLICT;
    insert(datagram.fragments, { ...fragment, bytes: fragment.bytes.slice() });
    datagram.bytes += fragment.bytes.length;
    this.#bytes += fragment.bytes.length;
    if (!fragment.more && datagram.length < 0) datagram.length = end;
    const payload = datagram.length < 0 || datagram.bytes < datagram.length ? undefined : assemble(datagram);
    if (payload === undefined) {
      this.#makeRoom(key);
      return WAITING;
    }
    this.#drop(key, datagram);
    return { kind: "complete", payload };
  }

  /** Datagrams that were never completed, up to now. */
  get incomplete(): number {
    return this.#givenUp + this.#datagrams.size;
  }

  #datagramOf(key: string): Datagram {
    const known = this.#datagrams.get(key);
    if (known !== undefined) return known;
    const fresh: Datagram = { fragments: [], length: -1, bytes: 0 };
    this.#datagrams.set(key, fresh);
    return fresh;
  }

  #makeRoom(keep: string): void {
    for (const [key, datagram] of this.#datagrams) {
      if (this.#datagrams.size <= MOST_DATAGRAMS && this.#bytes <= MOST_BYTES) return;
      if (key === keep) continue;
      this.#givenUp++;
      this.#drop(key, datagram);
    }
  }

  #drop(key: string, datagram: Datagram): void {
    this.#datagrams.delete(key);
    this.#bytes -= datagram.bytes;
  }
}

function insert(fragments: Fragment[], fragment: Fragment): void {
  let at = fragments.length;
  while (at > 0 && (fragments[at - 1]?.offset ?? 0) > fragment.offset) at--;
  fragments.splice(at, 0, fragment);
}

/** The payload, if no byte of it is missing. */
function assemble(datagram: Datagram): Uint8Array | undefined {
  let reached = 0;
  for (const fragment of datagram.fragments) {
    if (fragment.offset > reached) return undefined;
    reached = Math.max(reached, fragment.offset + fragment.bytes.length);
    if (reached >= datagram.length) break;
  }
  if (reached < datagram.length) return undefined;
  const payload = new Uint8Array(datagram.length);
  let filled = 0;
  for (const { offset, bytes } of datagram.fragments) {
    const end = Math.min(offset + bytes.length, datagram.length);
    if (end <= filled || offset > filled) continue;
    payload.set(bytes.subarray(filled - offset, end - offset), filled);
    filled = end;
  }
  return payload;
}
