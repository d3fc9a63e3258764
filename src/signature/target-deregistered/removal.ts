import type { Instant } from "../../net/time.ts";
import { type Nanoseconds, SECOND } from "../../net/time.ts";
import type { LogLoss } from "../log-losses.ts";
import { type Moment, momentsOf } from "../log-moments.ts";
import { bursts, type History, historiesOf, isCut, isRefused } from "../log-queries.ts";
import type { Scene } from "../scene.ts";

/** Losses that followed from taking a target out. */
export interface Removal {
  readonly history: History;
  readonly moment: Moment;
  readonly losses: readonly [LogLoss, ...LogLoss[]];
  /** The process was stopped before its callers had stopped sending. */
  readonly early: boolean;
  /** The losses came when the deregistration delay was over. */
  readonly delayed: boolean;
  /** The place had answered before. */
  readonly worked: boolean;
}

/** Until an orchestrator kills what does not stop by itself (Kubernetes: terminationGracePeriodSeconds 30), and the endpoints are gone everywhere. */
const STOPPING: Nanoseconds = 45 * SECOND;
const AT_ONCE: Nanoseconds = 5 * SECOND;
/** AWS target groups wait this long before they cut what is still open (deregistration_delay.timeout_seconds). */
const DELAY: Nanoseconds = 300 * SECOND;
const SLACK: Nanoseconds = 10 * SECOND;

/** Each place's losses after a line that says that a process was told to stop or a target was taken out, and none before. */
export function removalsOf(scene: Scene): readonly Removal[] {
  const moments = momentsOf(scene).filter(({ kind }) => kind === "told-to-stop" || kind === "deregistered");
  if (moments.length === 0) return [];
  return historiesOf(scene).flatMap((history) => {
    for (const moment of moments) {
      const removal = removalOf(scene, history, moment);
      if (removal !== undefined) return [removal];
    }
    return [];
  });
}

function removalOf(scene: Scene, history: History, moment: Moment): Removal | undefined {
  const at = moment.at;
  if (at === undefined || reloaded(scene, at)) return undefined;
  const fit = history.losses.filter((loss) => isCut(loss) || isRefused(loss) || loss.status === 502);
  const early = moment.kind === "told-to-stop";
  const [from, to] = [at - BigInt(SECOND), at + BigInt(early ? STOPPING : AT_ONCE)];
  const soon = fit.filter((loss) => loss.at !== undefined && loss.at >= from && loss.at <= to);
  // What fails all the time does not fail for the removal.
  if (fit.some((loss) => loss.at !== undefined && loss.at < from)) return undefined;
  const worked = history.successes.some((s) => s.at < at);
  const base = { history, moment, early, worked };
  const [first, ...rest] = soon;
  if (first !== undefined) return { ...base, losses: [first, ...rest], delayed: false };
  if (early) return undefined;
  const late = bursts(fit, SECOND).find((burst) => burst.length >= 2 && isAt(burst[0].at, at + BigInt(DELAY)));
  return late === undefined ? undefined : { ...base, losses: late, delayed: true };
}

const isAt = (a: Instant | undefined, b: Instant): boolean =>
  a !== undefined && (a > b ? a - b : b - a) <= BigInt(SLACK);

/** A reload stops old workers and starts new ones: another story. */
const reloaded = (scene: Scene, at: Instant): boolean =>
  momentsOf(scene).some((m) => m.kind === "reloading" && isAt(m.at, at));
