import {
  END_OF_OPTIONS,
  encodeComment,
  encodeInterface,
  encodePacket,
  type InterfaceFields,
  joined,
  type PacketFields,
} from "./annotate-blocks.ts";
import { LINK_NONE, type PacketBatch } from "./batch.ts";
import type { BlockBuffer } from "./block-buffer.ts";
import type { NoteCursor } from "./packet-note.ts";
import type { PcapHeader } from "./pcap-header.ts";

const WORD = 4_294_967_296;

/** LINKTYPE_USER0: for records without a pcap link type, which keep their numbers in the copy. */
const USER_LINK = 147;
const UNKNOWN_LINK = 0xfffe;

/**
 * Writes the packets of a capture that is no pcapng as Enhanced Packet Blocks, with notes as their
 * comments. An interface is described when its link type is first seen.
 */
export class PacketAnnotator {
  /** Comments written. */
  comments = 0;
  readonly #out: BlockBuffer;
  readonly #notes: NoteCursor;
  readonly #header: () => PcapHeader | undefined;
  readonly #resolution: 6 | 9;
  readonly #interfaces = new Map<number, number>();
  readonly #fields: PacketFields = { interface: 0, high: 0, low: 0, wireLength: 0 };

  /** `header` gives the header of a pcap file once it was read; `resolution` is for other formats. */
  constructor(out: BlockBuffer, notes: NoteCursor, header: () => PcapHeader | undefined, resolution: 6 | 9) {
    this.#out = out;
    this.#notes = notes;
    this.#header = header;
    this.#resolution = resolution;
  }

  /** Writes a batch of packets. */
  batch(batch: PacketBatch): void {
    const { bytes, count, firstNumber, offset, captured, wireLength, linkType } = batch;
    const header = this.#header();
    const fields = this.#fields;
    let lastLink = -1;
    for (let row = 0; row < count; row++) {
      const link = linkType[row] as number;
      if (link !== lastLink) {
        fields.interface = this.#interfaceOf(link, header);
        lastLink = link;
      }
      if (header === undefined) this.#stamp(batch, row);
      else this.#pcapStamp(batch, row, header);
      fields.wireLength = wireLength[row] as number;
      const at = offset[row] as number;
      const packet = bytes.subarray(at, at + (captured[row] as number));
      if (firstNumber + row < this.#notes.packet) encodePacket(this.#out, fields, packet);
      else encodePacket(this.#out, fields, packet, this.#comments());
    }
  }

  /** A pcap file without packets has an interface all the same. */
  finish(): void {
    const header = this.#header();
    if (header !== undefined) this.#interfaceOf(header.linkType, header);
  }

  #comments(): Uint8Array {
    const texts = this.#notes.texts();
    this.#notes.pass();
    this.comments += texts.length;
    return joined([...texts.map((text) => encodeComment(text, this.#out.littleEndian)), END_OF_OPTIONS]);
  }

  #interfaceOf(link: number, header: PcapHeader | undefined): number {
    const known = this.#interfaces.get(link);
    if (known !== undefined) return known;
    encodeInterface(this.#out, header === undefined ? this.#unnamed(link) : pcapInterface(header));
    const number = this.#interfaces.size;
    this.#interfaces.set(link, number);
    return number;
  }

  #unnamed(link: number): InterfaceFields {
    const odd = link === LINK_NONE ? "records that hold no packet" : "packets whose link type is not known";
    const none = link === LINK_NONE || link === UNKNOWN_LINK;
    return {
      linkType: none ? USER_LINK : link,
      snapLength: 0,
      resolution: this.#resolution,
      description: none ? odd : undefined,
    };
  }

  /** Times before 1970 can't be written: pcapng's are unsigned. They become 1970. */
  #stamp({ epoch, time }: PacketBatch, row: number): void {
    const unit = this.#resolution === 6 ? 1000 : 1;
    const ticks = epoch / BigInt(unit) + BigInt(Math.round((time[row] as number) / unit));
    const sane = ticks < 0n ? 0n : ticks;
    this.#fields.high = Number((sane >> 32n) & 0xffffffffn);
    this.#fields.low = Number(sane & 0xffffffffn);
  }

  /**
   * Takes the time from the record's own header, in front of the packet: `time` is a double, and not
   * exact to the nanosecond in a capture whose clock jumps by years.
   */
  #pcapStamp({ view, offset }: PacketBatch, row: number, header: PcapHeader): void {
    const { littleEndian, recordLength, scale } = header;
    const at = (offset[row] as number) - recordLength;
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const unit = scale === 1 ? 1e9 : 1e6;
    // Two halves, since seconds times a billion is more than a double holds exactly.
    const upper = (seconds >>> 16) * unit;
    const lower = (seconds & 0xffff) * unit + fraction + (upper % 65_536) * 65_536;
    this.#fields.high = Math.floor(upper / 65_536) + Math.floor(lower / WORD);
    this.#fields.low = lower % WORD;
  }
}

function pcapInterface({ linkType, snapLength, scale, fcsBits }: PcapHeader): InterfaceFields {
  return { linkType, snapLength, resolution: scale === 1 ? 9 : 6, fcsBits };
}
