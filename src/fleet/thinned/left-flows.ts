/**
 * Flows that a balancer's node goes on knowing although the client has given them up: it saw neither FIN nor RST, since Linux sends no FIN
 * while what was said before is not acknowledged and the congestion window is full (measured on 6.18; kernels before let a FIN pass).
 * A SYN from the same port finds the flow and goes to the target of old, until the idle timeout.
 */
export class LeftFlows {
  readonly #flows: Map<number, LeftFlow> = new Map();
  #sweepAt = SWEEP_FROM;

  /** Flows that are kept; some of them may have expired since the last sweep. */
  get size(): number {
    return this.#flows.size;
  }

  leave(at: FlowAtNode, flow: LeftFlow, now: number): void {
    if (this.#flows.size >= this.#sweepAt) this.#sweep(now);
    this.#flows.set(keyOf(at), flow);
  }

  /** The target's place, -1: no such flow is known. It is a flow in use from then on. */
  take(at: FlowAtNode, now: number): number {
    const key = keyOf(at);
    const flow = this.#flows.get(key);
    if (flow === undefined) return -1;
    this.#flows.delete(key);
    return isOver(flow, now) ? -1 : flow.place;
  }

  /** The node knows nothing any more. */
  forget(node: number): void {
    for (const at of this.#flows.keys()) if (at % 0x10000 === node) this.#flows.delete(at);
  }

  /** Drops what has expired. Next when there is twice as much as is left: a flow is looked at a few times, however long the run is. */
  #sweep(now: number): void {
    for (const [key, flow] of this.#flows) if (isOver(flow, now)) this.#flows.delete(key);
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#flows.size);
  }
}

/** Where a flow is known: the client's address and port as the balancer's node sees them, and the node. */
export interface FlowAtNode {
  readonly outside: number;
  readonly port: number;
  readonly node: number;
}

export interface LeftFlow {
  /** Of the target. */
  readonly place: number;
  /** Milliseconds. */
  readonly until: number;
}

const isOver = ({ until }: LeftFlow, now: number): boolean => now > until;

const keyOf = ({ outside, port, node }: FlowAtNode): number => (outside * 0x10000 + port) * 0x10000 + node;

/** Fewer than these are not worth looking through. */
const SWEEP_FROM = 1024;
