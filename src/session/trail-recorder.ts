import type { Flow } from "../flow/flow.ts";
import { TcpObserver } from "../flow/tcp-observer.ts";
import type { IcmpError, Segment, Trail } from "./segment.ts";

/** Segments kept of one flow: a ninth from its beginning, the others from its end; what lies between is counted. */
export const MOST_OF_FLOW: number = 512 + 4096;
const KEPT_ICMP = 256;

/** Collects the segments of one flow, annotated by the observer, within a bound. */
export class TrailRecorder {
  readonly flow: Flow;
  readonly #vantage: number;
  readonly #observer = new TcpObserver();
  readonly #first: Segment[] = [];
  /** A ring of the latest segments. */
  readonly #last: Segment[] = [];
  #count = 0;
  readonly #icmp: IcmpError[] = [];

  readonly #keptFirst: number;
  readonly #keptLast: number;

  constructor(vantage: number, flow: Flow, most: number = MOST_OF_FLOW) {
    this.#vantage = vantage;
    this.flow = flow;
    this.#keptFirst = Math.floor(most / 9);
    this.#keptLast = most - this.#keptFirst;
  }

  /** The next segment of the flow; its notes are added here. */
  add(segment: Segment, windowScale: number | undefined): void {
    const fromA = (segment.from === "client") === (this.flow.client === "a");
    const notes = this.#observer.observe({ ...segment, fromA, windowScale });
    const annotated = notes.length > 0 ? { ...segment, notes } : segment;
    if (this.#first.length < this.#keptFirst) this.#first.push(annotated);
    else this.#last[(this.#count - this.#keptFirst) % this.#keptLast] = annotated;
    this.#count++;
  }

  addIcmp(error: IcmpError): void {
    if (this.#icmp.length < KEPT_ICMP) this.#icmp.push(error);
  }

  trail(): Trail {
    const later = Math.max(0, this.#count - this.#keptFirst);
    const start = later > this.#keptLast ? later % this.#keptLast : 0;
    const last = [...this.#last.slice(start), ...this.#last.slice(0, start)];
    return {
      vantage: this.#vantage,
      flow: this.flow,
      segments: [...this.#first, ...last],
      icmp: this.#icmp,
      omitted: Math.max(0, later - this.#keptLast),
    };
  }
}
