/**
 * What happens next? A timing wheel of two levels over typed arrays: an event costs a row of 24 bytes and no object.
 *
 * Level 0 has 512 slots of one tick, level 1 has 8192 slots of one whole turn of level 0; what is further away waits in one list.
 * A slot is a list in order of arrival: linked rows in level 0, whose rows are in cache, and a list of row numbers in level 1, since following links
 * through memory would wait for one row after the other. When its turn comes it is sorted by time, and sorting is stable: events of one instant
 * happen in the order in which they were put in, on every machine. (A slot of level 1 is spread over level 0 before anything
 * is put there directly, so that the order of arrival survives.) What is put in for the slot that is being worked off is sorted in.
 *
 * An event is a kind, an index and a stamp. There is no cancelling: whoever owns a timer keeps the stamp of the latest one
 * and passes over those that carry another.
 *
 * Measured beside a binary heap over typed arrays in scripts/bench-fleet.ts; a heap needs about log2(n) cache misses an
 * event where the wheel needs two or three.
 */
export class EventQueue {
  /** Of the event that `pop` took out. Nanoseconds. */
  at = 0;
  kind = 0;
  index = 0;
  stamp = 0;
  /** Events put in so far, and still inside. */
  pushed = 0;
  size = 0;

  /** Called when a slot begins to be worked off, with its events still to come: `ready`, `kindOf` and `indexOf` tell of them. */
  onSlot: () => void = () => undefined;

  readonly #perTick: number;
  #capacity: number;
  #times: Float64Array;
  #words: Int32Array;
  #free = -1;
  #used = 0;
  readonly #near: Level = level();
  readonly #far: FarLevel = {
    lists: Array.from({ length: FAR_SLOTS }, () => NO_ROWS),
    counts: new Int32Array(FAR_SLOTS),
    full: new Int32Array(FAR_SLOTS / 32),
    spare: [],
  };
  /** Beyond level 1. */
  #beyond = -1;
  #beyondTail = -1;
  /** First tick of level 0's window, first slot (in turns of level 0) of level 1's. */
  #nearBase = 0;
  #farBase = 0;
  /** The slot of level 0 that is being worked off. */
  #current = -1;
  #due: Int32Array = new Int32Array(256);
  #scratch: Int32Array = new Int32Array(256);
  #dueAt = 0;
  #dueEnd = 0;

  /** `tickNs` is rounded to a power of two: about the time in which `EVENTS_A_SLOT` events happen is best, or more where `onSlot` has a use for them. */
  constructor(tickNs = 131_072, capacity = 1024) {
    this.#perTick = 2 ** -Math.max(0, Math.round(Math.log2(tickNs)));
    this.#capacity = capacity;
    const rows = new ArrayBuffer(capacity * ROW);
    this.#times = new Float64Array(rows);
    this.#words = new Int32Array(rows);
  }

  /** `at` in nanoseconds, not before the event that was taken out last. */
  push(at: number, kind: number, index: number, stamp = 0): void {
    const row = this.#take();
    const word = row * WORDS;
    this.#times[row * DOUBLES] = at;
    this.#words[word + NEXT] = -1;
    this.#words[word + INDEX] = index;
    this.#words[word + STAMP] = stamp;
    this.#words[word + KIND] = kind;
    this.pushed++;
    this.size++;
    const tick = Math.floor(at * this.#perTick);
    const ahead = tick - this.#nearBase;
    if (ahead <= this.#current) this.#sortIn(row, at);
    else this.#place(row, tick);
  }

  /** Takes the earliest event out into `at`, `kind`, `index` and `stamp`; false when there is none. */
  pop(): boolean {
    while (this.#dueAt === this.#dueEnd) if (!this.#advance()) return false;
    const row = this.#due[this.#dueAt++] as number;
    const word = row * WORDS;
    this.at = this.#times[row * DOUBLES] as number;
    this.kind = this.#words[word + KIND] as number;
    this.index = this.#words[word + INDEX] as number;
    this.stamp = this.#words[word + STAMP] as number;
    this.#words[word + NEXT] = this.#free;
    this.#free = row;
    this.size--;
    return true;
  }

  /** Events of the present slot that are still to come. */
  get ready(): number {
    return this.#dueEnd - this.#dueAt;
  }

  /** Of the present slot's events still to come, from 0. */
  kindOf(ready: number): number {
    return this.#words[(this.#due[this.#dueAt + ready] as number) * WORDS + KIND] as number;
  }

  indexOf(ready: number): number {
    return this.#words[(this.#due[this.#dueAt + ready] as number) * WORDS + INDEX] as number;
  }

  #take(): number {
    const row = this.#free;
    if (row >= 0) {
      this.#free = this.#words[row * WORDS + NEXT] as number;
      return row;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    this.#capacity *= 2;
    const rows = new ArrayBuffer(this.#capacity * ROW);
    const words = new Int32Array(rows);
    words.set(this.#words);
    this.#words = words;
    this.#times = new Float64Array(rows);
  }

  #place(row: number, tick: number): void {
    const ahead = tick - this.#nearBase;
    if (ahead < SLOTS) {
      append(this.#near, ahead, row, this.#words);
      return;
    }
    const turn = Math.floor(tick / SLOTS) - this.#farBase;
    if (turn < FAR_SLOTS) {
      appendFar(this.#far, turn, row);
      return;
    }
    if (this.#beyond < 0) this.#beyond = row;
    else this.#words[this.#beyondTail * WORDS + NEXT] = row;
    this.#beyondTail = row;
  }

  /** Behind every event of the same instant. */
  #sortIn(row: number, at: number): void {
    if (this.#dueEnd === this.#due.length) this.#growDue(this.#dueEnd + 1);
    const due = this.#due;
    let i = this.#dueEnd++;
    for (; i > this.#dueAt; i--) {
      const before = due[i - 1] as number;
      if ((this.#times[before * DOUBLES] as number) <= at) break;
      due[i] = before;
    }
    due[i] = row;
  }

  /** Makes the next slot that holds something the one to work off. */
  #advance(): boolean {
    const slot = nextSlot(this.#near.full, this.#current + 1, SLOTS);
    if (slot >= 0) {
      this.#workOff(slot);
      this.onSlot();
      return true;
    }
    const farFrom = this.#nearBase / SLOTS - this.#farBase + 1;
    const turn = nextSlot(this.#far.full, farFrom, FAR_SLOTS);
    if (turn >= 0) {
      this.#nearBase = (this.#farBase + turn) * SLOTS;
      this.#current = -1;
      this.#spreadFar(turn);
      return true;
    }
    if (this.#beyond < 0) return false;
    let first = Number.POSITIVE_INFINITY;
    for (let row = this.#beyond; row >= 0; row = this.#words[row * WORDS + NEXT] as number)
      first = Math.min(first, this.#times[row * DOUBLES] as number);
    const firstTurn = Math.floor(Math.floor(first * this.#perTick) / SLOTS);
    this.#farBase = firstTurn;
    this.#nearBase = firstTurn * SLOTS;
    this.#current = -1;
    const list = this.#beyond;
    this.#beyond = -1;
    this.#spread(list);
    return true;
  }

  #spreadFar(turn: number): void {
    const { lists, counts, full, spare } = this.#far;
    const list = lists[turn] as Int32Array;
    const count = counts[turn] as number;
    counts[turn] = 0;
    full[turn >> 5] = (full[turn >> 5] as number) & ~(1 << (turn & 31));
    for (let i = 0; i < count; i++) {
      const row = list[i] as number;
      this.#words[row * WORDS + NEXT] = -1;
      const tick = Math.floor((this.#times[row * DOUBLES] as number) * this.#perTick);
      append(this.#near, tick - this.#nearBase, row, this.#words);
    }
    lists[turn] = NO_ROWS;
    spare.push(list);
  }

  #spread(list: number): void {
    for (let row = list; row >= 0; ) {
      const next = this.#words[row * WORDS + NEXT] as number;
      this.#words[row * WORDS + NEXT] = -1;
      this.#place(row, Math.floor((this.#times[row * DOUBLES] as number) * this.#perTick));
      row = next;
    }
  }

  #workOff(slot: number): void {
    this.#current = slot;
    let count = 0;
    for (let row = cut(this.#near, slot); row >= 0; row = this.#words[row * WORDS + NEXT] as number) {
      if (count === this.#due.length) this.#growDue(count + 1);
      this.#due[count++] = row;
    }
    this.#dueAt = 0;
    this.#dueEnd = count;
    if (count > 1) this.#sort(count);
  }

  /** Insertion sort in runs of 32, then merging: both keep the order of equal times. */
  #sort(count: number): void {
    const times = this.#times;
    const due = this.#due;
    for (let from = 0; from < count; from += RUN) {
      const to = Math.min(from + RUN, count);
      for (let i = from + 1; i < to; i++) {
        const row = due[i] as number;
        const at = times[row * DOUBLES] as number;
        let j = i;
        for (; j > from; j--) {
          const before = due[j - 1] as number;
          if ((times[before * DOUBLES] as number) <= at) break;
          due[j] = before;
        }
        due[j] = row;
      }
    }
    for (let width = RUN; width < count; width *= 2) {
      const from = this.#due;
      const into = this.#scratch;
      for (let low = 0; low < count; low += 2 * width) {
        const middle = Math.min(low + width, count);
        const high = Math.min(low + 2 * width, count);
        let a = low;
        let b = middle;
        for (let i = low; i < high; i++) {
          const left = a < middle ? (times[(from[a] as number) * DOUBLES] as number) : Number.POSITIVE_INFINITY;
          const right = b < high ? (times[(from[b] as number) * DOUBLES] as number) : Number.POSITIVE_INFINITY;
          into[i] = (left <= right ? from[a++] : from[b++]) as number;
        }
      }
      this.#due = into;
      this.#scratch = from;
    }
  }

  #growDue(least: number): void {
    const due = new Int32Array(Math.max(2 * this.#due.length, least));
    due.set(this.#due);
    this.#due = due;
    this.#scratch = new Int32Array(due.length);
  }
}

/** Of level 0, so many that its rows stay in a second-level cache of 1 MB while it lasts (300 KB of them, 800 with the look-ahead's slots); and of level 1. */
const SLOTS = 512;
const FAR_SLOTS = 8192;
const RUN = 32;
/** A slot with so many events costs the least for each: fewer, and turning the wheel counts; more, and sorting does. */
export const EVENTS_A_SLOT = 24;
/** A row: time (a double), next row, index, stamp, kind. */
const ROW = 24;
const DOUBLES = 3;
const WORDS = 6;
const NEXT = 2;
const INDEX = 3;
const STAMP = 4;
const KIND = 5;

interface Level {
  readonly head: Int32Array;
  readonly tail: Int32Array;
  /** One bit a slot: holds something. */
  readonly full: Int32Array;
}

interface FarLevel {
  readonly lists: Int32Array[];
  readonly counts: Int32Array;
  readonly full: Int32Array;
  /** Lists of slots that are over, for the next ones: memory stays what the busiest moment took. */
  readonly spare: Int32Array[];
}

const NO_ROWS: Int32Array = new Int32Array(0);

function level(): Level {
  return { head: new Int32Array(SLOTS).fill(-1), tail: new Int32Array(SLOTS), full: new Int32Array(SLOTS / 32) };
}

function append(to: Level, slot: number, row: number, words: Int32Array): void {
  if ((to.head[slot] as number) < 0) {
    to.head[slot] = row;
    to.full[slot >> 5] = (to.full[slot >> 5] as number) | (1 << (slot & 31));
  } else words[(to.tail[slot] as number) * WORDS + NEXT] = row;
  to.tail[slot] = row;
}

function appendFar(to: FarLevel, slot: number, row: number): void {
  let list = to.lists[slot] as Int32Array;
  const count = to.counts[slot] as number;
  if (count === list.length) {
    if (count === 0) list = to.spare.pop() ?? new Int32Array(16);
    else {
      const longer = new Int32Array(2 * count);
      longer.set(list);
      list = longer;
    }
    to.lists[slot] = list;
  }
  if (count === 0) to.full[slot >> 5] = (to.full[slot >> 5] as number) | (1 << (slot & 31));
  list[count] = row;
  to.counts[slot] = count + 1;
}

/** Empties a slot and gives its first row. */
function cut(of: Level, slot: number): number {
  const head = of.head[slot] as number;
  of.head[slot] = -1;
  of.full[slot >> 5] = (of.full[slot >> 5] as number) & ~(1 << (slot & 31));
  return head;
}

/** The first slot from `from` on that holds something; -1: none. */
function nextSlot(full: Int32Array, from: number, slots: number): number {
  if (from >= slots) return -1;
  let word = from >> 5;
  let bits = (full[word] as number) & (-1 << (from & 31));
  while (bits === 0) {
    if (++word === slots / 32) return -1;
    bits = full[word] as number;
  }
  return (word << 5) + 31 - Math.clz32(bits & -bits);
}
