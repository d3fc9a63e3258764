import type { Simulation } from "../../src/fleet/simulation.ts";

/** Of a second each. */
export const SAMPLE_STEPS = 60;

export interface Sample {
  readonly lost?: number;
  readonly notReady?: number;
  readonly collisions?: number;
  /** Connections of each server at the end; at the beginning 20 each. */
  readonly end?: readonly number[];
}

/** The result of a simulation as a person would write it down. */
export function sampleRun(
  variant: string,
  seed: number,
  { lost = 0, notReady = 0, collisions = 0, end }: Sample,
): Simulation {
  const servers = end ?? [20, 20, 20];
  const rows = servers.map((last) =>
    Float64Array.from({ length: SAMPLE_STEPS }, (_, i) => (i < SAMPLE_STEPS / 2 ? 20 : last)),
  );
  const level = (value: number): Float64Array => new Float64Array(SAMPLE_STEPS).fill(value);
  const once = (count: number): Float64Array =>
    Float64Array.from({ length: SAMPLE_STEPS }, (_, i) => (i === 30 ? count : 0));
  const mean = servers.reduce((sum, value) => sum + value, 0) / servers.length;
  return {
    scenario: "sample-story",
    variant,
    seed,
    detail: "full",
    durationMs: SAMPLE_STEPS * 1000,
    stepMs: 1000,
    connections: rows,
    requestsPerSecond: rows.map((row) => row.map((value) => value * 2.5)),
    reconnectsPerSecond: once(40),
    collisions: once(collisions),
    connectionsLost: once(lost),
    notReadyNodes: once(notReady),
    missedLeaseUpdates: level(0),
    relistsPerSecond: level(0),
    gini: level(0.05),
    maxOverMean: Float64Array.from({ length: SAMPLE_STEPS }, (_, i) =>
      i < SAMPLE_STEPS / 2 ? 1 : Math.max(...servers) / mean,
    ),
    totals: {
      events: 1000,
      countedMs: SAMPLE_STEPS * 1000,
      requests: 9000,
      requestsFailed: 0,
      connectionsOpened: 100,
      reconnects: 40,
      connectsFailed: 0,
      goaways: 40,
      collisions,
      connectionsLost: lost,
      lostMs: lost * 45_000,
      lostUnnoticed: 0,
      missedLeaseUpdates: 0,
      notReady,
      notReadyMs: notReady * 20_000,
      relists: 0,
      relistBytes: 0,
    },
  };
}
