import type { Kubernetes } from "../../scenario/scenario.ts";
import type { Recorder } from "../measure/recorder.ts";
import { countTimes, lastTime } from "./streams.ts";

/**
 * Leases, and the controller that watches them, without an event a renewal: renewals come at equal distances, so what the controller saw
 * last is arithmetic as long as nothing is in the way. Only while something is (a kubelet cut off, the controller's watch hanging, a node
 * NotReady) does anybody look, at the controller's own ticks.
 */
export class Heartbeats {
  readonly #settings: Kubernetes;
  readonly #recorder: Recorder;
  /** First renewal of each node. */
  readonly #phases: Float64Array;
  /** Renewals arrive from `upFrom` to `cutAt`. */
  readonly #upFrom: Float64Array;
  readonly #cutAt: Float64Array;
  /** What the controller has seen before, by its own clock. */
  readonly #seen: Float64Array;
  readonly #notReadySince: Float64Array;
  /** Since when the controller sees nothing; infinite: it does. */
  #hungAt = Number.POSITIVE_INFINITY;
  /** It heard of no renewal between then and the time before. */
  #hearsFrom = 0;
  #notReady = 0;
  readonly #cut: Set<number> = new Set();
  /** Mended, but perhaps without a renewal up to this time. */
  readonly #late: Map<number, number> = new Map();

  constructor(settings: Kubernetes, phases: Float64Array, recorder: Recorder) {
    this.#settings = settings;
    this.#recorder = recorder;
    this.#phases = phases;
    this.#upFrom = new Float64Array(phases.length);
    this.#cutAt = new Float64Array(phases.length).fill(Number.POSITIVE_INFINITY);
    this.#seen = new Float64Array(phases.length);
    this.#notReadySince = new Float64Array(phases.length).fill(Number.POSITIVE_INFINITY);
  }

  /** Whether the controller's next look can change anything. */
  isDisturbed(now: number): boolean {
    return this.#cut.size > 0 || this.#late.size > 0 || this.#notReady > 0 || this.#isDeaf(now);
  }

  get isHung(): boolean {
    return this.#hungAt < Number.POSITIVE_INFINITY;
  }

  /** From now on renewals of this node get nowhere. */
  cut(node: number, now: number): void {
    if (this.#cut.has(node)) return;
    this.#note(node, now);
    this.#cutAt[node] = now;
    this.#cut.add(node);
  }

  /** They arrive again; one that has been waiting since `waitingFrom` or later arrives at once. */
  mend(node: number, now: number, waitingFrom: number): void {
    if (!this.#cut.delete(node)) return;
    this.#cutAt[node] = Number.POSITIVE_INFINITY;
    this.#upFrom[node] = now;
    const waited = lastTime(this.#phases[node] as number, this.#settings.leaseRenewMs, now) >= waitingFrom;
    if (waited && this.#hungAt === Number.POSITIVE_INFINITY) this.#seen[node] = now;
    // Without a renewal yet the node may still become NotReady.
    if (!waited) this.#late.set(node, now + this.#settings.leaseRenewMs);
  }

  /** The controller's watch brings nothing from now on. */
  hang(now: number): void {
    if (this.#hungAt < Number.POSITIVE_INFINITY) return;
    for (let node = 0; node < this.#phases.length; node++) this.#note(node, now);
    this.#hungAt = now;
  }

  /** The controller reads the whole list: news are the nodes that renewed since it heard of them. */
  list(now: number): void {
    const since = Math.min(this.#hungAt, now);
    for (let node = 0; node < this.#phases.length; node++)
      if (this.#renewals(node, since, now) > 0) this.#seen[node] = now;
  }

  /** The controller hears of renewals again. */
  resume(now: number): void {
    if (!this.isHung) return;
    this.#hungAt = Number.POSITIVE_INFINITY;
    this.#hearsFrom = now;
  }

  /** The latest renewal of any node: when the watch of leases last brought something. */
  lastEvent(now: number): number {
    let latest = 0;
    for (const [node, phase] of this.#phases.entries()) {
      const until = Math.min(now, this.#cutAt[node] as number);
      const last = lastTime(phase, this.#settings.leaseRenewMs, until);
      if (last > latest && last >= (this.#upFrom[node] as number)) latest = last;
    }
    return latest;
  }

  /** Adds what was missed in (from, to], for the series. */
  countMissed(from: number, to: number): void {
    this.countGap(Math.max(from, this.#hungAt), to);
  }

  /** The watch was being asked for again from `from` to `to`: what is renewed meanwhile is not told. */
  countGap(from: number, to: number): void {
    if (from >= to) return;
    let missed = 0;
    for (let node = 0; node < this.#phases.length; node++) missed += this.#renewals(node, from, to);
    this.#recorder.totals.missedLeaseUpdates += missed;
  }

  /** The node lifecycle looks at all nodes. */
  tick(now: number): void {
    if (this.#notReady > 0 || this.#isDeaf(now))
      for (let node = 0; node < this.#phases.length; node++) this.#judge(node, now);
    else {
      for (const node of this.#cut) this.#judge(node, now);
      for (const node of this.#late.keys()) this.#judge(node, now);
    }
    for (const [node, until] of this.#late) if (now > until) this.#late.delete(node);
  }

  /** Time that nodes are NotReady in, up to the end. */
  finish(now: number): void {
    for (const since of this.#notReadySince)
      if (since < Number.POSITIVE_INFINITY) this.#recorder.totals.notReadyMs += now - since;
  }

  /** The controller hears nothing, or has only just begun to. */
  #isDeaf(now: number): boolean {
    return this.#hungAt < Number.POSITIVE_INFINITY || now <= this.#hearsFrom + this.#settings.leaseRenewMs;
  }

  #judge(node: number, now: number): void {
    // The controller stamps a node at the first of its looks that finds a newer lease (kubernetes tryUpdateNodeHealth).
    const period = this.#settings.nodeMonitorPeriodMs;
    const stamp = Math.ceil(this.#lastSeen(node, now) / period) * period;
    const silent = now - stamp >= this.#settings.nodeMonitorGraceMs;
    const since = this.#notReadySince[node] as number;
    if (silent === since < Number.POSITIVE_INFINITY) return;
    if (silent) {
      this.#notReadySince[node] = now;
      this.#recorder.totals.notReady++;
      this.#notReady++;
    } else {
      this.#recorder.totals.notReadyMs += now - since;
      this.#notReadySince[node] = Number.POSITIVE_INFINITY;
      this.#notReady--;
    }
    this.#recorder.notReadyNodes = this.#notReady;
  }

  #note(node: number, now: number): void {
    this.#seen[node] = this.#lastSeen(node, now);
  }

  #lastSeen(node: number, now: number): number {
    const until = Math.min(now, this.#hungAt, this.#cutAt[node] as number);
    const latest = lastTime(this.#phases[node] as number, this.#settings.leaseRenewMs, until);
    return Math.max(
      this.#seen[node] as number,
      latest >= Math.max(this.#upFrom[node] as number, this.#hearsFrom) ? latest : 0,
    );
  }

  #renewals(node: number, from: number, to: number): number {
    const start = Math.max(from, this.#upFrom[node] as number);
    const end = Math.min(to, this.#cutAt[node] as number);
    return end <= start ? 0 : countTimes(this.#phases[node] as number, this.#settings.leaseRenewMs, start, end);
  }
}
