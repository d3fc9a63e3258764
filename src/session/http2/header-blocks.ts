import { type Malformed, malformed } from "../malformed.ts";
import { concat } from "../payload/concat.ts";
import type { FieldList } from "./frame.ts";
import { HpackDecoder } from "./hpack-decoder.ts";

/** A header block spread over CONTINUATION frames is put together up to this length. */
const LONGEST_BLOCK: number = 512 * 1024;

/** Puts the header blocks of one direction together (RFC 9113 §4.3) and decompresses them. */
export class HeaderBlocks {
  readonly #decoder = new HpackDecoder();
  #parts: Uint8Array[] = [];
  #length = 0;
  #streamId: number | undefined;

  allow(tableSize: number): void {
    this.#decoder.allow(tableSize);
  }

  /** A block was lost, so the following ones cannot be decompressed. */
  giveUp(): void {
    this.#decoder.giveUp();
    this.#clear();
  }

  /** Takes a fragment; gives the fields with the last one of a block. */
  add(
    streamId: number,
    fragment: Uint8Array,
    { first, last }: { readonly first: boolean; readonly last: boolean },
  ): FieldList | Malformed | undefined {
    // Nothing may come between the fragments of a block (RFC 9113 §6.10).
    if (first !== (this.#streamId === undefined) || (!first && streamId !== this.#streamId)) {
      this.giveUp();
      return malformed(0, first ? "the rest of the header block before" : "a header block to continue");
    }
    this.#streamId = streamId;
    this.#length += fragment.length;
    if (this.#length > LONGEST_BLOCK) {
      this.giveUp();
      return malformed(LONGEST_BLOCK, "the end of the header block");
    }
    if (fragment.length > 0) this.#parts.push(fragment);
    if (!last) return undefined;
    const fields = this.#decoder.decode(concat(this.#parts));
    this.#clear();
    return fields;
  }

  #clear(): void {
    this.#parts = [];
    this.#length = 0;
    this.#streamId = undefined;
  }
}
