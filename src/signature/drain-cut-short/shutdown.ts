import { type Instant, type Nanoseconds, printSpan, SECOND } from "../../net/time.ts";
import { type Moment, momentLine, momentsOf } from "../log-moments.ts";
import type { Log, Scene } from "../scene.ts";
import type { LogEvidence } from "../signature.ts";

/** A stop that is logged to the second may seem this much later than the close. */
const LATER: Nanoseconds = 1.5 * SECOND;
/** A drain takes at most this long. */
const LONGEST: Nanoseconds = 600 * SECOND;

/** The server's own log telling that it was told to reload or to stop before `at`, in words and as evidence. */
export function shutdownNear(
  scene: Scene,
  at: Instant,
  own: Log | undefined,
): { readonly words: string; readonly evidence: LogEvidence } | undefined {
  const moments = momentsOf(scene).filter(
    (m): m is Moment & { at: Instant } =>
      m.at !== undefined &&
      m.log !== own &&
      m.log.clock.how !== "none" &&
      (m.kind === "reloading" || m.kind === "told-to-stop") &&
      Number(at - m.at) <= LONGEST &&
      Number(m.at - at) <= LATER,
  );
  const moment = moments.at(-1);
  if (moment === undefined) return undefined;
  const what = moment.kind === "reloading" ? "a reload" : "the order to shut down";
  const span = Math.max(0, Number(at - moment.at));
  return {
    words: `${span < SECOND ? "at the time of" : `about ${printSpan(span)} after`} ${what} that ${moment.log.file} tells of`,
    evidence: momentLine(moment, `the server process tells of ${what}`),
  };
}
