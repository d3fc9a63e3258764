import type { ProblemTally } from "../net/problem.ts";
import type { PacketRows } from "./packet-rows.ts";
import { type PcapngInterface, readText } from "./pcapng-interface.ts";
import { type Span, visitOptions } from "./pcapng-options.ts";

/** "TLSK": an NSS key log. */
const TLS_KEY_LOG = 0x544c534b;
const MOST_SECRET_BYTES: number = 16 * 1024 * 1024;

/** Options of a section header that are kept, by code. */
const SECTION_TEXTS: ReadonlyMap<number, string> = new Map([
  [1, "comment"],
  [2, "hardware"],
  [3, "os"],
  [4, "application"],
]);

/** What a pcapng file says besides packets: who captured, what was lost, and TLS secrets. */
export class PcapngNotes {
  readonly about: Record<string, string> = {};
  readonly secrets: Uint8Array[] = [];
  readonly #problems: ProblemTally;
  #secretBytes = 0;
  /** Packets that the capturing system says it lost, for each interface of this section. */
  readonly #lost = new Map<number, number>();

  constructor(problems: ProblemTally) {
    this.#problems = problems;
  }

  /** Section Header Block: the options behind byte order, version and length. */
  section(view: DataView, span: Span): void {
    visitOptions(view, { ...span, from: span.from + 16 }, (code, at, length) => {
      const field = SECTION_TEXTS.get(code);
      if (field !== undefined) this.about[field] ??= readText(view, at, length);
    });
  }

  /** Interface Description Block. */
  interface(number: number, found: PcapngInterface): void {
    if (number >= 16) return;
    const text = [found.name, found.description].filter((part) => part !== "").join(", ");
    if (text !== "") this.about[number === 0 ? "interface" : `interface ${number}`] ??= text;
    if (found.os !== "") this.about.os ??= found.os;
    if (found.hardware !== "") this.about.hardware ??= found.hardware;
  }

  /** Interface Statistics Block: isb_ifdrop (5) and isb_osdrop (7) are running totals, so the largest counts. */
  statistics(view: DataView, span: Span, interfaces: number): void {
    if (span.end - span.from < 12) return;
    let lost = 0;
    visitOptions(view, { ...span, from: span.from + 12 }, (code, at, length) => {
      if ((code !== 5 && code !== 7) || length < 8) return;
      const drops = view.getBigUint64(at, span.littleEndian);
      if (drops < 0xffffffffn) lost += Number(drops);
    });
    const id = view.getUint32(span.from, span.littleEndian);
    if (id < interfaces) this.#lost.set(id, Math.max(lost, this.#lost.get(id) ?? 0));
  }

  /** Tells, at the end of a section, how many packets its interfaces lost. */
  tellLost(): void {
    const lost = [...this.#lost.values()].reduce((sum, n) => sum + n, 0);
    this.#lost.clear();
    if (lost === 0) return;
    this.#problems.add("capture-dropped", "packets that the capturing system says it dropped", lost);
  }

  /** Decryption Secrets Block. The bytes are kept for decryption and never printed. */
  secret(rows: PacketRows, span: Span): void {
    if (span.end - span.from < 8) return;
    const kind = rows.view.getUint32(span.from, span.littleEndian);
    const length = rows.view.getUint32(span.from + 4, span.littleEndian);
    const at = span.from + 8;
    if (length > span.end - at) {
      this.#problems.add("bad-secrets", "a decryption-secrets block is shorter than its secrets");
    } else if (kind !== TLS_KEY_LOG) {
      this.#problems.add("unsupported-secrets", "decryption secrets of a kind other than a TLS key log");
    } else if (this.#secretBytes + length > MOST_SECRET_BYTES) {
      this.#problems.add("too-many-secrets", "decryption secrets past 16 MiB are not kept");
    } else {
      this.#secretBytes += length;
      this.secrets.push(rows.bytes.slice(at, at + length));
    }
  }
}
