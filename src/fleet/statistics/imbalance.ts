import type { Simulation } from "../simulation.ts";

/**
 * The Gini coefficient that pure chance leaves: `connections` thrown at `servers` at random. The difference of two counts has the variance
 * 2·N/S (multinomial), so its mean size is 2·√(N/(π·S)); the coefficient is the mean over all pairs, divided by twice the mean count:
 * (S-1)/S · √(S/(π·N)). Good where N/S is above 10 or so.
 */
export function randomGini(connections: number, servers: number): number {
  if (connections <= 0 || servers <= 0) return 0;
  return ((servers - 1) / servers) * Math.sqrt(servers / (Math.PI * connections));
}

/**
 * The time after `fromMs` until half of the imbalance is gone, in ms; infinite if that did not happen, or the run ends before. Each server's distance from the mean
 * dies out at one rate, and the Gini coefficient with it; what chance leaves stays, and adds in squares: the half is taken of √(g² - floor²).
 */
export function imbalanceHalfLife(run: Simulation, fromMs: number): number {
  const first = Math.max(0, Math.ceil(fromMs / run.stepMs) - 1);
  const start = run.gini[first];
  if (start === undefined) return Number.POSITIVE_INFINITY;
  let connections = 0;
  for (const row of run.connections) connections += row[first] ?? 0;
  const floor = randomGini(connections, run.connections.length);
  // Nothing to speak of was out of balance.
  if (start <= 1.5 * floor) return 0;
  return crossing(run, run.gini, first, Math.sqrt(floor ** 2 + (start ** 2 - floor ** 2) / 4));
}

/** The time after `fromMs` until the fullest server has at most `share` more than the mean, in ms; infinite if never. */
export function timeToBalance(run: Simulation, fromMs: number, share: number): number {
  const first = Math.max(0, Math.ceil(fromMs / run.stepMs) - 1);
  if ((run.maxOverMean[first] ?? Number.POSITIVE_INFINITY) <= 1 + share) return 0;
  return crossing(run, run.maxOverMean, first, 1 + share);
}

/** Levels hold at the end of their step; between two of them the line is straight. */
function crossing(run: Simulation, series: Float64Array, first: number, level: number): number {
  for (let i = first + 1; i < series.length; i++) {
    const value = series[i] ?? Number.NaN;
    if (!(value <= level)) continue;
    const before = series[i - 1] ?? level;
    const part = before > value ? (before - level) / (before - value) : 1;
    return (i - 1 - first + part) * run.stepMs;
  }
  return Number.POSITIVE_INFINITY;
}
