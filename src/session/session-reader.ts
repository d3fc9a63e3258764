import type { PacketBatch } from "../capture/batch.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { H_LAST_PACKET } from "../flow/layout.ts";
import { type Problem, ProblemTally } from "../net/problem.ts";
import { FIN, SYN } from "../net/tcp-flags.ts";
import { LOC_END, LOC_TCP_LENGTH, LOC_TCP_OFFSET, LOCATED_TCP, Locator } from "../wire/locate.ts";
import { Conversation, type SessionEvent, type SessionSummary } from "./conversation.ts";
import { FlowFinder } from "./flow-finder.ts";
import type { HeldBytes } from "./payload/stream-assembler.ts";
import type { Ciphers } from "./tls/ciphers.ts";
import type { KeyLog } from "./tls/key-log.ts";

export interface SessionReaderOptions {
  readonly table: FlowTable;
  /** The flows to read, by row. */
  readonly rows: ReadonlySet<number>;
  readonly ciphers: Ciphers;
  readonly keys: KeyLog;
  /** Told of everything that was said, in the order of the capture. */
  readonly onEvent: (event: SessionEvent, stream: number) => void;
  /** Told of each conversation as its last packet has gone by. */
  readonly onSession: (session: SessionSummary) => void;
}

/** Conversations followed at once; further ones are counted. */
const MOST_AT_ONCE = 16_384;
/** Bytes that may wait behind gaps, of all conversations together. */
const MOST_HELD: number = 64 * 1024 * 1024;

/**
 * Reads what was said in some flows: a second read of a capture, in which packets of other flows are
 * passed over after one look at their four-tuple. A conversation is let go with its last packet.
 */
export class SessionReader {
  readonly #options: SessionReaderOptions;
  readonly #finder: FlowFinder;
  readonly #locator = new Locator();
  readonly #open = new Map<number, Conversation>();
  readonly #budget: HeldBytes = { left: MOST_HELD };
  readonly #problems = new ProblemTally();

  constructor(options: SessionReaderOptions) {
    this.#options = options;
    this.#finder = new FlowFinder(options.table, options.rows);
  }

  /** Takes a batch in. */
  observe(batch: PacketBatch): void {
    const { out } = this.#locator;
    for (let i = 0; i < batch.count; i++) {
      const packet = batch.firstNumber + i;
      const kind = this.#locator.locate(
        batch.view,
        batch.bytes,
        batch.offset[i] as number,
        batch.captured[i] as number,
        batch.wireLength[i] as number,
        batch.linkType[i] as number,
        packet,
      );
      if (kind !== LOCATED_TCP) continue;
      const row = this.#finder.find(this.#locator.view, out, packet);
      if (row < 0) continue;
      this.#packet(row, packet, batch.time[i] as number);
      const { table } = this.#options;
      if (packet >= (table.page(row)[table.base(row) + H_LAST_PACKET] as number)) this.#close(row);
    }
  }

  /** The capture has ended; gives what could not be followed. */
  finish(): readonly Problem[] {
    for (const row of [...this.#open.keys()]) this.#close(row);
    return this.#problems.list();
  }

  #packet(row: number, packet: number, time: number): void {
    const { view, bytes, out } = this.#locator;
    const tcp = out[LOC_TCP_OFFSET] as number;
    const end = out[LOC_END] as number;
    const word = view.getInt32(tcp + 12);
    const header = (word >>> 28) << 2;
    if (header < 20) return;
    const flags = (word >>> 16) & 0xff;
    const length = Math.max(0, (out[LOC_TCP_LENGTH] as number) - header);
    const conversation = this.#conversation(row, length > 0 || (flags & (SYN | FIN)) !== 0);
    if (conversation === undefined) return;
    const from = Math.min(tcp + header, end);
    const payload = bytes.slice(from, Math.min(end, from + length));
    const segment = { packet, time, flags, seq: view.getUint32(tcp + 4), length, bytes: payload };
    conversation.segment(this.#finder.direction, segment, view.getUint32(tcp + 8));
  }

  #conversation(row: number, worthwhile: boolean): Conversation | undefined {
    const known = this.#open.get(row);
    if (known !== undefined || !worthwhile) return known;
    if (this.#open.size >= MOST_AT_ONCE) {
      this.#problems.add("too-many-at-once", "packets of connections beyond those that are followed at once");
      return undefined;
    }
    const { ciphers, keys, onEvent } = this.#options;
    const fresh = new Conversation(row, { ciphers, keys, emit: onEvent, budget: this.#budget });
    this.#open.set(row, fresh);
    return fresh;
  }

  #close(row: number): void {
    const conversation = this.#open.get(row);
    if (conversation === undefined) return;
    this.#open.delete(row);
    this.#options.onSession(conversation.finish());
  }
}
