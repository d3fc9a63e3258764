/** Something to say about one packet of a capture. */
export interface PacketNote {
  /** Wireshark's number of the packet: 1 for the first of the file. */
  readonly packet: number;
  /** What to say, plain text; it is made safe to print where it is written. */
  readonly text: string;
}

/** Characters of notes that one packet is given at the most, each note counted with 16 more; the rest is not placed. */
const MOST_CHARACTERS = 65_536;

/** Hands out notes in the order of packets, all of one packet together. */
export class NoteCursor {
  /** The next packet that has notes; infinite when there is none. */
  packet: number = Number.POSITIVE_INFINITY;
  readonly #packets: readonly number[];
  readonly #texts: ReadonlyMap<number, ReadonlySet<string>>;
  #at = -1;

  constructor(notes: Iterable<PacketNote>) {
    const texts = new Map<number, Set<string>>();
    for (const { packet, text } of notes) {
      const known = texts.get(packet);
      if (known === undefined) texts.set(packet, new Set([text]));
      else known.add(text);
    }
    this.#texts = texts;
    this.#packets = [...texts.keys()].filter((n) => Number.isSafeInteger(n) && n > 0).sort((a, b) => a - b);
    this.pass();
  }

  /** How many notes there are, equal ones of a packet counted once. */
  get size(): number {
    let size = 0;
    for (const texts of this.#texts.values()) size += texts.size;
    return size;
  }

  /** The notes of `packet`, within a bound for what one packet can be given. */
  texts(): readonly string[] {
    let room = MOST_CHARACTERS;
    return [...(this.#texts.get(this.packet) ?? [])].filter((text) => {
      room -= text.length + 16;
      return room >= 0;
    });
  }

  /** Goes on to the next packet that has notes. */
  pass(): void {
    this.#at++;
    this.packet = this.#packets[this.#at] ?? Number.POSITIVE_INFINITY;
  }
}
