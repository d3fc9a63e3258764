/**
 * A day of a big cluster in seconds: the same fleet as `simulate.ts`, without the requests that decide nothing.
 *
 * Exact, in law:
 * - Requests that are answered and not told to go away change nothing. How many there are until one is told is geometric, so the time of
 *   that one is drawn directly (equal distances: counted on; exponential gaps: a thinned Poisson stream is one again). Both forget, so
 *   drawing anew when the chance or the traffic changes is sound. Watches are asked for every few minutes; each of these requests is an event.
 * - Source ports, balancer nodes, targets, and four-tuples at the targets are those of the full simulation, with its code and tables; so are
 *   flows that a node still knows though nobody uses them.
 * - Lease renewals come at equal distances: what a controller saw last is arithmetic; nodes are judged at the controller's own ticks.
 * - Health checks: the last frame that a client read is known from its streams and watches.
 *
 * Approximated:
 * - Packets take their mean time; a handshake takes one round trip; a request that is told to go is answered at once. Requests per second are
 *   expected values, not counts.
 * - A second victim (the newer connection that loses its way back when the older one speaks) is the one that carries the leases, if it sends
 *   nothing by itself for `BUSY_MS`; the full simulation plays the duel of the two packet by packet.
 * - Requests that waited for a connection fail with the seventh attempt that they see, dials and GOAWAYs together, as expected values.
 * - What a client has said into a dead connection is repeated after 0.2 s, 0.4 s, 0.8 s …, whatever its round-trip time was.
 *
 * Not representable, and refused with a Fault: HTTP/1, application balancers, packet loss, hung servers, quiet clients, connections that
 * may be closed or forgotten for being idle, servers that are nearly overloaded (see `check-representable.ts`).
 */
import type { Scenario } from "../../scenario/scenario.ts";
import type { Simulation } from "../simulation.ts";
import { checkRepresentable } from "./check-representable.ts";
import { FleetState } from "./fleet-state.ts";
import { tellStory } from "./tell-story.ts";
import { run, start } from "./thinned-fleet.ts";

export interface ThinnedOptions {
  readonly seed: number;
  /** The name of a variant of the scenario. Default: the scenario itself. */
  readonly variant?: string;
  /** Default: as many whole seconds as make at most 2000 steps. */
  readonly stepMs?: number;
  /** From 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export function simulateThinned(scenario: Scenario, { seed, variant, stepMs, onProgress }: ThinnedOptions): Simulation {
  const chosen = variant === undefined ? scenario : scenario.variants[variant]?.scenario;
  if (chosen === undefined) throw new Error(`${scenario.name} has no variant ${variant}`);
  checkRepresentable(chosen);
  const { durationMs } = chosen;
  const step = stepMs ?? Math.max(1000, Math.ceil(durationMs / 2_000_000) * 1000);
  const fleet = new FleetState(chosen, seed, step);
  start(fleet);
  tellStory(fleet, chosen);
  run(fleet, durationMs, onProgress);
  const about = { scenario: scenario.name, variant: variant ?? "base", seed, durationMs, events: fleet.events };
  return { ...fleet.recorder.result(about), detail: "thinned" };
}
