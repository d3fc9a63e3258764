import { entryOf, inPathUnit } from "../../catalogue/look-up.ts";
import { printable } from "../../net/printable.ts";
import type { HopFragment, HopRole, Layer, Part, Protocol } from "../hop.ts";
import type { FileReading, ReadProblem, Remark } from "../reader.ts";
import type { Setting, SettingKey, Source } from "../setting.ts";
import type { TreeProblem } from "./json-tree.ts";
import { LIMITS } from "./limits.ts";
import type { Spot } from "./spot.ts";
import type { Parse } from "./units.ts";

/** A key and its value as a file has them; `file` where it is not the file that is being read. */
export interface Written {
  readonly line: number;
  readonly key: string;
  readonly text: string;
  readonly file?: string;
}

export interface HopStart {
  readonly name: string;
  readonly role: HopRole;
  readonly layer: Layer;
  readonly product?: string | undefined;
  readonly version?: string | undefined;
  readonly protocol?: Protocol | undefined;
  readonly line: number;
  readonly key: string;
  readonly file?: string | undefined;
  readonly part?: Part | undefined;
  /** Left out of the reading if it gets no setting. */
  readonly onlyWithSettings?: boolean;
}

/** Collects what a reader finds in one file, within bounds. */
export class Reading {
  readonly file: string;
  readonly #shift: number;
  readonly #hops: HopNotes[] = [];
  readonly #assumed: Remark[] = [];
  readonly #ignored: Remark[] = [];
  readonly #problems: ReadProblem[] = [];
  #dropped = 0;

  /** `shift` lines stand before the text in its file, where it is a part of one. */
  constructor(file: string, shift = 0) {
    this.file = file;
    this.#shift = shift;
  }

  /** Begins a hop. */
  hop(start: HopStart): HopNotes {
    const notes = new HopNotes(this, start);
    if (start.onlyWithSettings !== true) this.enlist(notes);
    return notes;
  }

  /** Takes a hop into the reading. */
  enlist(notes: HopNotes): void {
    if (this.#hops.length < LIMITS.hops) this.#hops.push(notes);
    else this.#dropped++;
  }

  /** Whether no more hops are taken; each that is asked about then counts as left out. */
  isFull(): boolean {
    const full = this.#hops.length >= LIMITS.hops;
    if (full) this.#dropped++;
    return full;
  }

  /** What the file leaves open and was assumed. */
  assume(line: number, says: string, file?: string): void {
    this.#remark(this.#assumed, line, says, file);
  }

  /** What stands there, may matter, and was not used. Values of unknown keys must not be in `says`. */
  ignore(line: number, says: string, file?: string): void {
    this.#remark(this.#ignored, line, says, file);
  }

  problem(code: string, line: number, says: string, more: { level?: "error" | "warning"; file?: string } = {}): void {
    const level = more.level ?? "error";
    if (this.#problems.length >= LIMITS.remarks) return;
    const at = this.#at(line, says, more.file);
    if (!includes(this.#problems, at)) this.#problems.push({ ...at, code, level });
  }

  /** Notes what a parser stumbled over. */
  malformed(problems: readonly TreeProblem[]): void {
    for (const { line, says } of problems) this.problem("malformed", line, says);
  }

  #remark(list: Remark[], line: number, says: string, file: string | undefined): void {
    if (list.length >= LIMITS.remarks) return;
    const remark = this.#at(line, says, file);
    if (!includes(list, remark)) list.push(remark);
  }

  #at(line: number, says: string, file: string | undefined): Remark {
    return { file: file ?? this.file, line: this.lineOf(line, file), says: printable(says) };
  }

  /** A line of the text as a line of its file. */
  lineOf(line: number, file?: string): number {
    return file === undefined || file === this.file ? line + this.#shift : line;
  }

  /** Takes over everything that was read of a part of the file. */
  add(part: FileReading, prefix: string): void {
    for (const hop of part.hops) {
      if (this.#hops.length >= LIMITS.hops) this.#dropped++;
      else this.#hops.push(HopNotes.of(this, { ...hop, name: `${prefix}${hop.name}` }));
    }
    const pour = <T>(from: readonly T[], to: T[]): void => void to.push(...from.slice(0, LIMITS.remarks - to.length));
    pour(part.assumed, this.#assumed);
    pour(part.ignored, this.#ignored);
    pour(part.problems, this.#problems);
  }

  finish(): FileReading {
    const names = new Map<string, number>();
    const hops = this.#hops.map((notes) => notes.fragment(names));
    if (this.#dropped > 0)
      this.problem("too-many", 1, `${this.#dropped} hops beyond the first ${LIMITS.hops} were left out`);
    const read = new Map<string, Source>();
    for (const { settings } of hops) {
      for (const { source } of settings) {
        if (source !== undefined) read.set(`${source.file}\n${source.line}\n${source.key}`, source);
      }
    }
    return { hops, read: [...read.values()], assumed: this.#assumed, ignored: this.#ignored, problems: this.#problems };
  }
}

/** One hop that is being read. */
export class HopNotes {
  readonly #reading: Reading;
  readonly #start: HopStart;
  readonly #settings = new Map<SettingKey, Setting>();
  #whole: HopFragment | undefined;
  #serverProtocol: Protocol | undefined;

  constructor(reading: Reading, start: HopStart) {
    this.#reading = reading;
    this.#start = start;
  }

  /** A hop that was read already. */
  static of(reading: Reading, whole: HopFragment): HopNotes {
    const { line } = whole.source;
    const notes = new HopNotes(reading, { name: whole.name, role: whole.role, layer: whole.layer, line, key: "" });
    notes.#whole = whole;
    return notes;
  }

  /** Reads a value for one or several settings; one that can't be read is a problem. Nothing written, nothing read. */
  take(keys: SettingKey | readonly SettingKey[], written: Written | Spot | undefined, parse: Parse): void {
    const at = writtenAt(written);
    if (at === undefined) return this.#refuseTree(written);
    const value = parse(at.text);
    if (value === undefined || Number.isNaN(value)) {
      const { line, key, text, file } = at;
      if (VARIABLE.test(text))
        return this.#reading.ignore(line, `${shown(key)}: a variable says how much, which is not known here`, file);
      const more = file === undefined ? {} : { file };
      // What is no figure may be anything: after a forgotten semicolon or quote even a password.
      const what = FIGURE.test(text) ? `"${text}"` : "what stands there (not shown)";
      this.#reading.problem("bad-value", line, `${shown(key)}: ${what} is not a value that it takes`, more);
      return;
    }
    for (const key of typeof keys === "string" ? [keys] : keys) this.set(key, value, at);
  }

  /** A list or a map where one value belongs; null and nothing are no mistake. */
  #refuseTree(written: Written | Spot | undefined): void {
    if (written === undefined || !("tree" in written) || written.tree.kind === "scalar") return;
    const { line, path, tree } = written;
    this.#reading.problem("bad-value", line, `${shown(path)}: a ${tree.kind} stands where one value belongs`);
  }

  /** A setting whose value is known; the later stands. */
  set(key: SettingKey, value: number, written: Written | Spot, stated: Setting["stated"] = "configured"): void {
    const at = writtenAt(written);
    if (at === undefined) return;
    if (this.#settings.size === 0 && this.#start.onlyWithSettings === true) this.#reading.enlist(this);
    this.#settings.set(key, { key, value, stated, source: this.#source(at) });
  }

  /** A setting that follows from another that the file has. */
  derive(key: SettingKey, value: number, written: Written | Spot): void {
    if (!this.#settings.has(key)) this.set(key, value, written, "derived");
  }

  /** One that follows and that nobody can change. */
  fix(key: SettingKey, value: number, written: Written | Spot): void {
    this.derive(key, value, written);
    const setting = this.#settings.get(key);
    if (setting?.stated === "derived") this.#settings.set(key, { ...setting, fixed: true });
  }

  /** What holds where the file is silent and the hop's own product does not say: an entry of the catalogue. */
  assume(key: SettingKey, entryId: string): void {
    const entry = entryOf(entryId);
    if (this.#settings.has(key) || entry === undefined || entry.default === null) return;
    this.#settings.set(key, {
      key,
      value: inPathUnit(entry, entry.default),
      stated: "assumed-default",
      entry: entryId,
    });
  }

  /** It is told to speak this on the connections that it opens. */
  speaks(protocol: Protocol): void {
    this.#serverProtocol = protocol;
  }

  has(key: SettingKey): boolean {
    return this.#settings.has(key);
  }

  get(key: SettingKey): Setting | undefined {
    return this.#settings.get(key);
  }

  #source({ line, key, text, file }: Written): Source {
    const at = { file: file ?? this.#reading.file, line: this.#reading.lineOf(line, file) };
    return { ...at, key: shown(key, 400), text: shown(text, 80) };
  }

  /** The fragment, its name made unique among `names`. */
  fragment(names: Map<string, number>): HopFragment {
    const whole = this.#whole ?? this.#made();
    let same = (names.get(whole.name) ?? 0) + 1;
    while (same > 1 && names.has(`${whole.name} (${same})`)) same++;
    names.set(whole.name, same);
    if (same === 1) return whole;
    const name = `${whole.name} (${same})`;
    names.set(name, 1);
    return { ...whole, name };
  }

  #made(): HopFragment {
    const { name, role, layer, product, version, protocol, part, line, key, file } = this.#start;
    return {
      name: shown(name, 160),
      ...(product === undefined ? {} : { product }),
      ...(version === undefined ? {} : { version }),
      role,
      layer,
      ...(protocol === undefined ? {} : { protocol }),
      settings: [...this.#settings.values()],
      ...(this.#serverProtocol === undefined ? {} : { serverProtocol: this.#serverProtocol }),
      ...(part === undefined ? {} : { part }),
      source: this.#source({ line, key, text: "", ...(file === undefined ? {} : { file }) }),
    };
  }
}

/** Whether the same was said of the same place. */
const includes = (list: readonly Remark[], { file, line, says }: Remark): boolean =>
  list.some((known) => known.line === line && known.says === says && known.file === file);

/** Templates and variables: `${X}`, `$X`, `{{ .X }}`, `$(X)`. */
const VARIABLE = /\$\{|\{\{|\$\(|^\$\w/;

/** What may be quoted where it is not understood: a figure with a unit, right or wrong. */
const FIGURE = /^-?\d[\w.]{0,12}$/;

/** A place in a tree as something written, if it is a scalar. */
function writtenAt(written: Written | Spot | undefined): Written | undefined {
  if (written === undefined || !("tree" in written)) return written;
  const { text } = written;
  return text === undefined ? undefined : { line: written.line, key: written.path, text };
}

/** Text from outside, cut and made safe to print. */
export function shown(text: string, most = 120): string {
  const safe = printable(text.length > most ? `${text.slice(0, most)}…` : text);
  return safe;
}
