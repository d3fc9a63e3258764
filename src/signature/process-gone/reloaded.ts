import { SECOND } from "../../net/time.ts";
import { acceptedAfter } from "../accepted-after.ts";
import { momentNear } from "../log-moments.ts";
import type { Scene } from "../scene.ts";
import type { ServerClose } from "../server-close.ts";
import { touched } from "../trail-queries.ts";
import { workOf } from "./work.ts";

/** A log tells of a reload at that moment, and only what was idle ended: old workers finish what they have begun. */
export function reloaded(scene: Scene, close: ServerClose): boolean {
  const { reading, step } = close;
  const vantage = scene.vantages[reading.trail.vantage];
  if (vantage === undefined || !onlyIdle([close])) return false;
  return momentNear(scene, "reloading", scene.toCommon(vantage, step.time), 3 * SECOND) !== undefined;
}

/** Nothing that the server had taken up was cut: what was lost crossed the close. */
export function onlyIdle(closes: readonly ServerClose[]): boolean {
  return closes.every((close) => {
    const { kind, step } = workOf(close);
    return kind === "none" || (kind === "request" && step !== undefined && !touched(close.reading, step));
  });
}

/** Only idle connections ended, and the server accepted a new one right afterwards: as likely a reload. */
export const perhapsReloaded = (scene: Scene, closes: readonly [ServerClose, ...ServerClose[]]): boolean =>
  onlyIdle(closes) && acceptedAfter(scene, closes[0]) !== undefined;
