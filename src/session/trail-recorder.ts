import type { Flow } from "../flow/flow.ts";
import { TcpObserver } from "../flow/tcp-observer.ts";
import type { IcmpError, Segment, Trail } from "./segment.ts";

/** Segments kept from the beginning and from the end of a flow; what lies between is counted. */
const KEPT_FIRST = 512;
const KEPT_LAST = 4096;
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

  constructor(vantage: number, flow: Flow) {
    this.#vantage = vantage;
    this.flow = flow;
  }

  /** The next segment of the flow; its notes are added here. */
  add(segment: Segment, windowScale: number | undefined): void {
    const fromA = (segment.from === "client") === (this.flow.client === "a");
    const notes = this.#observer.observe({ ...segment, fromA, windowScale });
    const annotated = notes.length > 0 ? { ...segment, notes } : segment;
    if (this.#first.length < KEPT_FIRST) this.#first.push(annotated);
    else this.#last[(this.#count - KEPT_FIRST) % KEPT_LAST] = annotated;
    this.#count++;
  }

  addIcmp(error: IcmpError): void {
    if (this.#icmp.length < KEPT_ICMP) this.#icmp.push(error);
  }

  trail(): Trail {
    const later = Math.max(0, this.#count - KEPT_FIRST);
    const start = later > KEPT_LAST ? later % KEPT_LAST : 0;
    const last = [...this.#last.slice(start), ...this.#last.slice(0, start)];
    return {
      vantage: this.#vantage,
      flow: this.flow,
      segments: [...this.#first, ...last],
      icmp: this.#icmp,
      omitted: Math.max(0, later - KEPT_LAST),
    };
  }
}
