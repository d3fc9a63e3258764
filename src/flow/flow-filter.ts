import type { EventName } from "./events.ts";
import type { Flow, FlowState } from "./flow.ts";

/** Which flows a listing shows; every condition given must hold. */
export interface FlowFilter {
  /** An address of either end. */
  readonly address?: string;
  /** A port of either end; together with `address`, of the same end. */
  readonly port?: number;
  readonly state?: FlowState;
  /** Flows with at least one such event. */
  readonly event?: EventName | "silence" | "syn" | "synAck" | "fin" | "rst";
  readonly stream?: number;
}

/** A silence counts as an event from here on: the shortest idle limit in common use is 5 s, and 10 s is past any pause of a busy connection. */
export const NOTABLE_SILENCE: number = 10e9;

/** Whether a flow fits the filter. */
export function matches(flow: Flow, filter: FlowFilter): boolean {
  if (filter.stream !== undefined && flow.stream !== filter.stream) return false;
  if (filter.state !== undefined && flow.state !== filter.state) return false;
  if (filter.address !== undefined || filter.port !== undefined) {
    const fits = [flow.a, flow.b].some(
      (end) =>
        (filter.address === undefined || end.address === filter.address) &&
        (filter.port === undefined || end.port === filter.port),
    );
    if (!fits) return false;
  }
  switch (filter.event) {
    case undefined:
      return true;
    case "silence":
      return flow.silence.length >= NOTABLE_SILENCE;
    case "syn":
    case "synAck":
    case "fin":
    case "rst":
      return flow[filter.event].length > 0;
  }
  return (flow.events[filter.event]?.length ?? 0) > 0;
}
