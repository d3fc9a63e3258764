/**
 * What a simulation of one scenario with one seed gives. Series share one clock: value i holds for the time from i·stepMs up to
 * (i+1)·stepMs (rates and counts: over that step; levels: at its end).
 */
export interface Simulation {
  readonly scenario: string;
  /** "base" or the variant's name. */
  readonly variant: string;
  readonly seed: number;
  /** "full": every request is an event. "thinned": requests that decide nothing were skipped. */
  readonly detail: "full" | "thinned";
  readonly durationMs: number;
  readonly stepMs: number;
  /** One row for each server. */
  readonly connections: readonly Float64Array[];
  readonly requestsPerSecond: readonly Float64Array[];
  /** Of the whole fleet. */
  readonly reconnectsPerSecond: Float64Array;
  readonly collisions: Float64Array;
  readonly connectionsLost: Float64Array;
  readonly notReadyNodes: Float64Array;
  readonly missedLeaseUpdates: Float64Array;
  readonly relistsPerSecond: Float64Array;
  /** Gini coefficient and largest over mean of the connections per server that is up. */
  readonly gini: Float64Array;
  readonly maxOverMean: Float64Array;
  readonly totals: SimulationTotals;
}

/**
 * Counted from the scenario's `expect.fromMs` on, where it names one: a beginning that no variant changes is not laid at its door. The
 * series of collisions, losses and missed updates are 0 before.
 */
export interface SimulationTotals {
  /** Events the engine handled, in the whole run. */
  readonly events: number;
  /** How much of the run was counted: what rates are over. */
  readonly countedMs: number;
  readonly requests: number;
  /** Requests whose caller saw an error. */
  readonly requestsFailed: number;
  readonly connectionsOpened: number;
  /** Opened because an earlier one of the same client ended. */
  readonly reconnects: number;
  /** Attempts to connect that failed (timeout, refusal, no port). */
  readonly connectsFailed: number;
  readonly goaways: number;
  /** New connections whose four-tuple was in use at the target. */
  readonly collisions: number;
  /**
   * Connections that one end believed in when the other did not, or that ended by reset or timeout with something open. The series shows them
   * when their clients noticed; the total has those that nobody has noticed at the end as well, so that who notices late is no better off.
   */
  readonly connectionsLost: number;
  /** Sum over lost connections of the time until their client knew, or until the end. */
  readonly lostMs: number;
  /** Of the lost ones, those that their client still believed in at the end, a second or more after the server's end was gone. */
  readonly lostUnnoticed: number;
  readonly missedLeaseUpdates: number;
  /** Times that a node went from Ready to NotReady, and the time that nodes were so. */
  readonly notReady: number;
  readonly notReadyMs: number;
  readonly relists: number;
  readonly relistBytes: number;
}
