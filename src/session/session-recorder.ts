import type { SessionEvent, SessionSummary } from "./conversation.ts";

/** What was said on one flow. */
export interface Session {
  readonly summary: SessionSummary;
  /** Frames, messages, handshake messages and alerts in the order of the capture (TLS records are counted in the summary). */
  readonly events: readonly SessionEvent[];
  /** Events left out of the middle of a long conversation. */
  readonly omitted: number;
}

/** Events kept of one flow: a ninth from its beginning, the others from its end, as a trail keeps segments. */
const MOST_OF_FLOW: number = 512 + 4096;
const FEWEST_OF_FLOW = 64;

interface Recorded {
  readonly first: SessionEvent[];
  /** A ring of the latest events. */
  readonly last: SessionEvent[];
  count: number;
}

/** Collects what was said on some flows of one capture, within a bound. */
export class SessionRecorder {
  readonly #keptFirst: number;
  readonly #keptLast: number;
  readonly #recorded = new Map<number, Recorded>();
  readonly #sessions = new Map<number, Session>();

  /** `flows`: how many will be read; `most`: events kept of all of them together, as far as that leaves each a few. */
  constructor(flows: number, most: number) {
    const share = Math.max(FEWEST_OF_FLOW, Math.min(MOST_OF_FLOW, Math.floor(most / Math.max(1, flows))));
    this.#keptFirst = Math.ceil(share / 9);
    this.#keptLast = share - this.#keptFirst;
  }

  event(event: SessionEvent, stream: number): void {
    if (event.kind === "tls-record") return;
    let recorded = this.#recorded.get(stream);
    if (recorded === undefined) {
      recorded = { first: [], last: [], count: 0 };
      this.#recorded.set(stream, recorded);
    }
    if (recorded.first.length < this.#keptFirst) recorded.first.push(event);
    else recorded.last[(recorded.count - this.#keptFirst) % this.#keptLast] = event;
    recorded.count++;
  }

  session(summary: SessionSummary): void {
    const recorded = this.#recorded.get(summary.stream) ?? { first: [], last: [], count: 0 };
    const later = Math.max(0, recorded.count - this.#keptFirst);
    const start = later > this.#keptLast ? later % this.#keptLast : 0;
    const events = [...recorded.first, ...recorded.last.slice(start), ...recorded.last.slice(0, start)];
    this.#recorded.delete(summary.stream);
    this.#sessions.set(summary.stream, { summary, events, omitted: Math.max(0, later - this.#keptLast) });
  }

  /** What was said, by Wireshark's `tcp.stream`. */
  sessions(): ReadonlyMap<number, Session> {
    return this.#sessions;
  }
}
