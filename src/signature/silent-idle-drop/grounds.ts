import { SECOND } from "../../net/time.ts";
import type { FarSide } from "../far-side.ts";
import type { Scene } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import { strangeness } from "../stranger.ts";
import { covers, type Step } from "../trail-queries.ts";
import { alikeDeaths, type Broken, peerAnswersOthers } from "./forgotten.ts";

/** What speaks for a forgetful box, and how strongly. */
export interface Grounds {
  readonly confidence: Confidence;
  /** How the RST differs from the peer's own packets, as clauses. */
  readonly says: readonly string[];
  /** The silent end was heard on other connections afterwards. */
  readonly alive: boolean;
}

/** Weighs the evidence; undefined when it speaks for the peer itself. */
export function groundsOf(scene: Scene, broken: Broken, far: readonly FarSide[]): Grounds | undefined {
  const alive = peerAnswersOthers(scene, broken);
  const running = far.some((side) => side.covers);
  if (broken.reset !== undefined)
    return resetGrounds(scene, broken, broken.reset, { alive, running, away: far.length > 0 });
  if (running) return { confidence: "certain", says: [], alive };
  const { reading, first, repeats } = broken;
  // A health check's PING or a probe is itself the first packet after a pause of its own making: without
  // a sign of life from the other end, that end may as well have gone in the meantime.
  const own = first.probe || (reading.payload(first).pingSized && isHealthCheckPause(first));
  const long = repeats.length >= 5 && (repeats.at(-1)?.time ?? 0) - first.time >= 5 * SECOND;
  return { confidence: !own && (alive || long) ? "likely" : "possible", says: [], alive };
}

/** What is known of the far side: whether it is in the scene, and whether that capture still ran. */
interface Around {
  readonly alive: boolean;
  readonly running: boolean;
  readonly away: boolean;
}

function resetGrounds(
  scene: Scene,
  broken: Broken,
  reset: Step,
  { alive, running, away }: Around,
): Grounds | undefined {
  const signs = strangeness(scene, broken.reading, reset);
  const strong = signs.some((sign) => sign.strong);
  // Who acknowledges the packet knows the connection; only another's fingerprint says that it was not the peer.
  if (covers(reset, broken.first.end) && !strong) return undefined;
  const alike = alikeDeaths(scene, broken).length > 0;
  const confidence = running || (away && strong) ? "certain" : strong || alike ? "likely" : "possible";
  return { confidence, says: signs.map((sign) => sign.says), alive };
}

/** Pauses after which HTTP/2 clients send a PING: multiples of 5 s up to a minute, then whole minutes. */
function isHealthCheckPause({ silence }: Step): boolean {
  const unit = silence < 61 * SECOND ? 5 * SECOND : 60 * SECOND;
  return Math.abs(silence - Math.round(silence / unit) * unit) < 0.3 * SECOND;
}
