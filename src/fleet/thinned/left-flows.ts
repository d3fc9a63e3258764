/**
 * Flows that a balancer's node goes on knowing although the client has given them up: it saw neither FIN nor RST, since Linux sends no FIN
 * while what was said before is not acknowledged and the congestion window is full (measured on 6.18; kernels before let a FIN pass).
 * A SYN from the same port finds the flow and goes to the target of old, until the idle timeout.
 */
export class LeftFlows {
  readonly #flows: Map<number, LeftFlow> = new Map();

  leave(outside: number, port: number, node: number, flow: LeftFlow): void {
    this.#flows.set(key(outside, port, node), flow);
  }

  /** The target's place, -1: no such flow is known. It is a flow in use from then on. */
  take(outside: number, port: number, node: number, now: number): number {
    const flow = this.#flows.get(key(outside, port, node));
    if (flow === undefined) return -1;
    this.#flows.delete(key(outside, port, node));
    return now > flow.until ? -1 : flow.place;
  }

  /** The node knows nothing any more. */
  forget(node: number): void {
    for (const at of this.#flows.keys()) if (at % 0x10000 === node) this.#flows.delete(at);
  }
}

export interface LeftFlow {
  /** Of the target. */
  readonly place: number;
  /** Milliseconds. */
  readonly until: number;
}

const key = (outside: number, port: number, node: number): number => (outside * 0x10000 + port) * 0x10000 + node;
