import type { TargetHealthCheck } from "../../scenario/scenario.ts";
import type { Places } from "./places.ts";

/** Which targets new flows may go to, as each balancer node sees it: registered, and healthy by its own count of checks. */
export class Targets {
  readonly #places: Places;
  readonly #servers: readonly number[];
  readonly #settings: TargetSettings;
  /** When a target was taken out (nanoseconds), by place. */
  readonly #out: Map<number, number> = new Map();
  /** By node: checks in a row that disagree with the present verdict, and the verdicts. */
  readonly #unhealthy: Map<number, Set<number>> = new Map();
  readonly #streaks: Map<number, Map<number, number>> = new Map();
  readonly #cache: Map<number, readonly number[]> = new Map();

  constructor(places: Places, servers: readonly number[], settings: TargetSettings) {
    this.#places = places;
    this.#servers = servers;
    this.#settings = settings;
  }

  eligible(node: number): readonly number[] {
    const cached = this.#cache.get(node);
    if (cached !== undefined) return cached;
    const registered = this.#servers.filter((server) => !this.#out.has(server));
    const sick = this.#unhealthy.get(node);
    const healthy = registered.filter((server) => sick?.has(server) !== true);
    const zone = this.#places.zones[node];
    const own = healthy.filter((server) => this.#places.zones[server] === zone);
    // With nobody healthy a balancer fails open: everybody counts.
    const all = healthy.length > 0 ? healthy : registered;
    const chosen = this.#settings.crossZone || own.length === 0 ? all : own;
    this.#cache.set(node, chosen);
    return chosen;
  }

  deregister(server: number, now: number): void {
    this.#out.set(server, now);
    this.#cache.clear();
  }

  register(server: number): void {
    this.#out.delete(server);
    this.#cache.clear();
  }

  /** When flows that outlive the delay end; infinite while the target is registered. */
  endsAt(server: number): number {
    const since = this.#out.get(server);
    return since === undefined ? Number.POSITIVE_INFINITY : since + this.#settings.deregistrationDelayMs * 1e6;
  }

  /** One round of checks from a node; `answers` says whether a server would pass. */
  check(node: number, answers: (server: number) => boolean): void {
    const sick = this.#unhealthy.get(node) ?? new Set();
    this.#unhealthy.set(node, sick);
    const streaks = this.#streaks.get(node) ?? new Map<number, number>();
    this.#streaks.set(node, streaks);
    const { healthyThreshold, unhealthyThreshold } = this.#settings.healthCheck;
    for (const server of this.#servers) {
      const passes = answers(server);
      if (passes !== sick.has(server)) {
        streaks.delete(server);
        continue;
      }
      const streak = (streaks.get(server) ?? 0) + 1;
      streaks.set(server, streak);
      if (streak < (passes ? healthyThreshold : unhealthyThreshold)) continue;
      streaks.delete(server);
      if (passes) sick.delete(server);
      else sick.add(server);
      this.#cache.clear();
    }
  }
}

export interface TargetSettings {
  readonly crossZone: boolean;
  readonly healthCheck: TargetHealthCheck;
  readonly deregistrationDelayMs: number;
}
