import { Rows } from "../engine/rows.ts";
import type { Errand } from "./errand.ts";
import * as errands from "./errand.ts";
import type { Actor } from "./world.ts";

const { isForWatch } = errands;

/**
 * What every request of a client touches, as rows of typed arrays: its sessions (a cache line each), their open streams, the slots that the sessions
 * fill, and the errands that come again and again. Whoever reads them at every event takes the numbers in as constants of its own (kernel/layout.ts says why).
 */
export class ClientRows {
  readonly sessions: Rows = new Rows(SESSION_WORDS);
  readonly slots: Rows = new Rows(SLOT_WORDS);
  readonly routines: Rows = new Rows(ROUTINE_WORDS);
  readonly streams: Rows = new Rows(STREAM_WORDS);
  #freeStream = -1;
  #streamsUsed = 0;
  #routinesUsed = 0;

  addSlot(id: number, dice: number, actor: Actor): void {
    this.slots.reserve(id);
    const { words } = this.slots;
    const l = id * SLOT_WORDS;
    words[l + L_SESSION] = -1;
    words[l + L_DICE] = dice;
    words[l + L_ACTOR] = actor.id;
    words[l + L_GROUP] = actor.group;
  }

  /** An errand that comes again each `everyMs` (0: it does not), always after the same time or at random. Gives its number. */
  addRoutine(slot: number, errand: Errand, everyMs: number, steady: boolean): number {
    const id = this.#routinesUsed++;
    this.routines.reserve(id);
    const { words, times } = this.routines;
    const r = id * ROUTINE_WORDS;
    words[r + R_SLOT] = slot;
    words[r + R_ERRAND] = errand;
    words[r + R_STEADY] = steady ? 1 : 0;
    times[id * ROUTINE_TIMES + RT_EVERY] = everyMs;
    return id;
  }

  /** A session begins in this row. */
  begin(id: number, slot: number, sk: number, nowMs: number): void {
    this.sessions.reserve(id);
    const { words, times } = this.sessions;
    const c = id * SESSION_WORDS;
    words[c + C_SOCKET] = sk;
    words[c + C_PHASE] = DIALING;
    words[c + C_SLOT] = slot;
    words[c + C_NEWEST] = -1;
    words[c + C_NEXT_STREAM] = 1;
    words[c + C_UNREAD] = 0;
    words[c + C_STAMP] = (words[c + C_STAMP] as number) + 1;
    const t = id * SESSION_TIMES;
    times[t + CT_READ] = nowMs;
    times[t + CT_USED] = nowMs;
    times[t + CT_TIMER] = Number.POSITIVE_INFINITY;
    times[t + CT_LATER] = Number.POSITIVE_INFINITY;
  }

  /** A stream is opened for this errand; gives its id. */
  openStream(id: number, errand: Errand, nowMs: number): number {
    const { words } = this.sessions;
    const c = id * SESSION_WORDS;
    const stream = words[c + C_NEXT_STREAM] as number;
    const row = this.#takeRow();
    const s = row * STREAM_WORDS;
    const streams = this.streams.words;
    streams[s + O_STREAM] = stream;
    streams[s + O_ERRAND] = errand;
    streams[s + O_OLDER] = words[c + C_NEWEST] as number;
    streams[s + O_UNREAD] = 0;
    this.streams.times[row * STREAM_TIMES + OT_SENT] = nowMs;
    words[c + C_NEWEST] = row;
    words[c + C_NEXT_STREAM] = stream + 2;
    return stream;
  }

  hasStreams(id: number): boolean {
    return (this.sessions.words[id * SESSION_WORDS + C_NEWEST] as number) >= 0;
  }

  /** The row of an open stream; -1: it is not open. */
  findStream(id: number, stream: number): number {
    const streams = this.streams.words;
    let row = this.sessions.words[id * SESSION_WORDS + C_NEWEST] as number;
    while (row >= 0 && streams[row * STREAM_WORDS + O_STREAM] !== stream)
      row = streams[row * STREAM_WORDS + O_OLDER] as number;
    return row;
  }

  /** Takes a stream out and gives its errand; -1: it is not open. */
  takeStream(id: number, stream: number): Errand {
    const { words } = this.sessions;
    const streams = this.streams.words;
    // The latest is the likeliest; a watch stands behind it for minutes.
    let newer = -1;
    for (let row = words[id * SESSION_WORDS + C_NEWEST] as number; row >= 0; ) {
      const s = row * STREAM_WORDS;
      const older = streams[s + O_OLDER] as number;
      if (streams[s + O_STREAM] === stream) {
        if (newer < 0) words[id * SESSION_WORDS + C_NEWEST] = older;
        else streams[newer * STREAM_WORDS + O_OLDER] = older;
        this.#releaseRow(row);
        return streams[s + O_ERRAND] as number;
      }
      newer = row;
      row = older;
    }
    return -1;
  }

  /** The newest open stream's id; -1: none is open. */
  newestStream(id: number): number {
    const row = this.sessions.words[id * SESSION_WORDS + C_NEWEST] as number;
    return row < 0 ? -1 : (this.streams.words[row * STREAM_WORDS + O_STREAM] as number);
  }

  /** Streams that are open, in the order in which they were opened. */
  openStreams(id: number): OpenStream[] {
    const found: OpenStream[] = [];
    const streams = this.streams.words;
    for (let row = this.sessions.words[id * SESSION_WORDS + C_NEWEST] as number; row >= 0; ) {
      const s = row * STREAM_WORDS;
      const sentMs = this.streams.times[row * STREAM_TIMES + OT_SENT] as number;
      found.push({ stream: streams[s + O_STREAM] as number, errand: streams[s + O_ERRAND] as number, sentMs });
      row = streams[s + O_OLDER] as number;
    }
    return found.reverse();
  }

  /** Nobody waits for these streams any more. */
  dropStreams(id: number): void {
    const c = id * SESSION_WORDS + C_NEWEST;
    for (let row = this.sessions.words[c] as number; row >= 0; ) {
      const older = this.streams.words[row * STREAM_WORDS + O_OLDER] as number;
      this.#releaseRow(row);
      row = older;
    }
    this.sessions.words[c] = -1;
  }

  /** When the oldest request without an answer was sent, watches aside; infinite: there is none. */
  oldestRequestMs(id: number): number {
    const streams = this.streams.words;
    let oldest = Number.POSITIVE_INFINITY;
    let row = this.sessions.words[id * SESSION_WORDS + C_NEWEST] as number;
    for (; row >= 0; row = streams[row * STREAM_WORDS + O_OLDER] as number)
      if (!isForWatch(streams[row * STREAM_WORDS + O_ERRAND] as number))
        oldest = this.streams.times[row * STREAM_TIMES + OT_SENT] as number;
    return oldest;
  }

  #takeRow(): number {
    const row = this.#freeStream;
    if (row >= 0) {
      this.#freeStream = this.streams.words[row * STREAM_WORDS + O_OLDER] as number;
      return row;
    }
    this.streams.reserve(this.#streamsUsed);
    return this.#streamsUsed++;
  }

  #releaseRow(row: number): void {
    this.streams.words[row * STREAM_WORDS + O_OLDER] = this.#freeStream;
    this.#freeStream = row;
  }
}

/** A request without an answer, or a watch. */
export interface OpenStream {
  readonly stream: number;
  readonly errand: Errand;
  readonly sentMs: number;
}

/** Of a session: eight words, then four times. */
export const SESSION_WORDS = 16;
/** -1: the session of this number is closed, or had no port. */
export const C_SOCKET = 0;
/** `DIALING`, `OPEN` or `GOING_AWAY`. */
export const C_PHASE = 1;
/** Whose connection it is. */
export const C_SLOT = 2;
/** Its newest open stream; -1: none. */
export const C_NEWEST = 3;
/** The id of the stream of its next request. */
export const C_NEXT_STREAM = 4;
/** Bytes read and not given back to the server's window. */
export const C_UNREAD = 5;
/** How many sessions the row has had. It still matches when the session is closed, until the next one begins. */
export const C_STAMP = 6;

export const SESSION_TIMES = 8;
/** Milliseconds: when something was read last, and when a request began or was answered last. */
export const CT_READ = 4;
export const CT_USED = 5;
/** Nanoseconds: when the event comes that counts; and a later one that is in the queue all the same, and can be made to count again. */
export const CT_TIMER = 6;
export const CT_LATER = 7;

/** No row says so: a closed session's row is another's. */
export const CLOSED = 0;
export const DIALING = 1;
export const OPEN = 2;
export const GOING_AWAY = 3;

export const STREAM_WORDS = 6;
/** Its id, and what it was opened for (errand.ts). */
export const O_STREAM = 0;
export const O_ERRAND = 1;
/** The one opened before it; of a free row, the next free one. */
const O_OLDER = 2;
/** Bytes read and not given back to its window. */
export const O_UNREAD = 3;
const STREAM_TIMES = 3;
/** Milliseconds: when the request was sent. */
const OT_SENT = 2;

/** Of a slot: its session (-1: none), the dice of its host, who keeps it. */
export const SLOT_WORDS = 4;
export const L_SESSION = 0;
export const L_DICE = 1;
export const L_ACTOR = 2;
export const L_GROUP = 3;

/** Of an errand that comes again and again: for which slot, what it is, whether always after the same time (1) and after how long (milliseconds). */
export const ROUTINE_WORDS = 6;
export const R_SLOT = 0;
export const R_ERRAND = 1;
export const R_STEADY = 2;
export const ROUTINE_TIMES = 3;
export const RT_EVERY = 2;
