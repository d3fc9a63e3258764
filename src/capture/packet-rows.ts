import type { Instant } from "../net/time.ts";
import type { PacketBatch } from "./batch.ts";

/** Rows of a batch: a chunk of 256 KiB holds at most this many pcap records (16 bytes each). */
const CAPACITY = 16_384;

/** The one reused batch that framers fill: parallel arrays over one chunk of bytes. */
export class PacketRows implements PacketBatch {
  bytes: Uint8Array;
  view: DataView;
  count = 0;
  firstNumber = 1;
  epoch: Instant = 0n;
  readonly capacity: number;
  readonly offset: Int32Array;
  readonly captured: Int32Array;
  readonly wireLength: Int32Array;
  readonly time: Float64Array;
  readonly linkType: Uint16Array;

  constructor(bytes: Uint8Array, capacity: number = CAPACITY) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.capacity = capacity;
    this.offset = new Int32Array(capacity);
    this.captured = new Int32Array(capacity);
    this.wireLength = new Int32Array(capacity);
    this.time = new Float64Array(capacity);
    this.linkType = new Uint16Array(capacity);
  }

  /** Points the rows at another chunk of bytes. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** Empties the batch; the next packet's number goes on from the last. */
  clear(): void {
    this.firstNumber += this.count;
    this.count = 0;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
