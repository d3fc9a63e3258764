import { fitOf } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import { type Scene, type Segment, TIMER_MARGIN_MS } from "../../scene.ts";
import { type Forgetter, forgettersOn, speakerOn, speakingOptions } from "../forgetting.ts";
import { neverIdle } from "../never-idle.ts";

/** What layer 7 and layer 4 ask of one server's idle timeout, where no figure satisfies both. */
export interface Conflict {
  /** Its caller's pool can't be shortened: the server must keep connections longer than that. */
  readonly above: { readonly segment: Segment; readonly poolMs: number };
  /** A box forgets before the caller closes, and nobody speaks: the server must close sooner than that. */
  readonly below: { readonly segment: Segment; readonly forgetter: Forgetter };
}

/** The conflict about a server's idle timeout, if there is one. */
export function conflictAt(scene: Scene, acceptor: Hop): Conflict | undefined {
  const segments = scene.segments.filter(
    (segment) =>
      segment.acceptor.id === acceptor.id &&
      segment.carries.includes("http") &&
      !segment.http2 &&
      !neverIdle(scene, segment),
  );
  const above = segments.flatMap((segment) => fixedPool(scene, segment)).sort((a, b) => b.poolMs - a.poolMs)[0];
  const below = segments
    .flatMap((segment) => squeezed(scene, segment))
    .sort((a, b) => a.forgetter.limitMs - b.forgetter.limitMs)[0];
  if (above === undefined || below === undefined) return undefined;
  return above.poolMs + 2 * TIMER_MARGIN_MS > below.forgetter.limitMs ? { above, below } : undefined;
}

/** A caller whose pool nobody can shorten. */
function fixedPool(scene: Scene, segment: Segment): readonly Conflict["above"][] {
  const poolMs = scene.value(segment.opener, "poolIdleTimeoutMs");
  if (poolMs === undefined || poolMs === Number.POSITIVE_INFINITY) return [];
  return scene.changeable(segment.opener, "poolIdleTimeoutMs") ? [] : [{ segment, poolMs }];
}

/** A segment on which only the server can still close in time: the caller won't, and nobody speaks. */
function squeezed(scene: Scene, segment: Segment): readonly Conflict["below"][] {
  const poolMs = scene.value(segment.opener, "poolIdleTimeoutMs");
  if (poolMs !== undefined && scene.changeable(segment.opener, "poolIdleTimeoutMs")) return [];
  // A keepalive that is there but too slow is keepalive-too-slow's.
  if (speakerOn(scene, segment, "idle") !== undefined) return [];
  return forgettersOn(scene, segment).flatMap((forgetter) => {
    if (poolMs !== undefined && poolMs + TIMER_MARGIN_MS <= forgetter.limitMs) return [];
    if (scene.value(forgetter.hop, "resetsOnExpiry") === 1) return [];
    const spoken = fitOf({ anyOf: speakingOptions(scene, segment, forgetter, false) }, scene.look);
    return spoken === "met" ? [] : [{ segment, forgetter }];
  });
}
