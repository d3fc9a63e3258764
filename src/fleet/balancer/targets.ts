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
  /** By node: targets that have said nothing yet to the last check. */
  readonly #silent: Map<number, Set<number>> = new Map();
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

  /** One round of checks from a node. Whether some target says nothing, so that `checksOver` is to be called when the timeout is over. */
  check(node: number, answers: (server: number) => CheckAnswer): boolean {
    const silent = entryOf(this.#silent, node, () => new Set());
    silent.clear();
    for (const server of this.#servers) {
      const answer = answers(server);
      if (answer === "none") silent.add(server);
      else this.#note(node, server, answer === "passes");
    }
    return silent.size > 0;
  }

  /**
   * The timeout of a node's last round of checks is over: those that said nothing did not pass, also one that has come back meanwhile. Called before
   * the next round, which may be due at the same instant.
   */
  checksOver(node: number): void {
    const silent = entryOf(this.#silent, node, () => new Set());
    for (const server of silent) this.#note(node, server, false);
    silent.clear();
  }

  #note(node: number, server: number, passes: boolean): void {
    const sick = entryOf(this.#unhealthy, node, () => new Set());
    const streaks = entryOf(this.#streaks, node, () => new Map());
    if (passes !== sick.has(server)) {
      streaks.delete(server);
      return;
    }
    const { healthyThreshold, unhealthyThreshold } = this.#settings.healthCheck;
    const streak = (streaks.get(server) ?? 0) + 1;
    streaks.set(server, streak);
    if (streak < (passes ? healthyThreshold : unhealthyThreshold)) return;
    streaks.delete(server);
    if (passes) sick.delete(server);
    else sick.add(server);
    this.#cache.clear();
  }
}

/** What a check meets; `none`: nobody answers, until its timeout. */
export type CheckAnswer = "passes" | "fails" | "none";

function entryOf<T>(map: Map<number, T>, node: number, make: () => T): T {
  const found = map.get(node) ?? make();
  map.set(node, found);
  return found;
}

export interface TargetSettings {
  readonly crossZone: boolean;
  readonly healthCheck: TargetHealthCheck;
  readonly deregistrationDelayMs: number;
}
