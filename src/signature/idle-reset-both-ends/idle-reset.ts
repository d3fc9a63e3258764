import type { Nanoseconds } from "../../net/time.ts";
import { MILLISECOND, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { openRequest } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { notSentBy, type SenderSide } from "../sender-side.ts";
import { SHORTEST_SILENCE } from "../silence.ts";
import { strangeness } from "../stranger.ts";
import { type Reading, readTrail, type Step } from "../trail-queries.ts";

/** A RST that came out of a silence, with what shows that a box sent it. */
export interface IdleReset {
  readonly reading: Reading;
  readonly rst: Step;
  /** The last packet before the silence. */
  readonly last: Step;
  /** The host the RST claims to come from, when its capture shows that it did not send it. */
  readonly origin: SenderSide | undefined;
  /** In a capture between the ends: the RST the other way. */
  readonly opposite: Step | undefined;
  /** How it differs from the packets of the end whose address it bears; empty when it does not. */
  readonly says: readonly string[];
}

/** The box sends its two RSTs at one instant; an end never answers a RST with one (RFC 9293 §3.5.2). */
const TOGETHER: Nanoseconds = 50 * MILLISECOND;

/** A RST that nothing had asked for, after a silence, on a connection with no request in flight. */
export function idleReset(scene: Scene, trail: Trail): IdleReset | undefined {
  const vantage = scene.vantages[trail.vantage];
  const reading = readTrail(trail);
  if (vantage === undefined || vantage.oneSided || !reading.established) return undefined;
  const rst = reading.steps.find((s) => s.rst || s.fin);
  const last = rst === undefined ? undefined : reading.steps[rst.index - 1];
  if (rst === undefined || !rst.rst || last === undefined || rst.silence < SHORTEST_SILENCE) return undefined;
  if (!isQuiet(reading, rst)) return undefined;
  const opposite = reading.steps.find((s) => s.rst && s.side !== rst.side && s.time - rst.time <= TOGETHER);
  // At an end only one of the two RSTs passes; both on one wire were sent from between.
  const between = opposite !== undefined && vantage.place !== "client" && vantage.place !== "server";
  const origin = vantage.place === rst.side ? undefined : notSentBy(scene, reading, rst);
  const signs = vantage.place === rst.side ? [] : strangeness(scene, reading, rst);
  const strange = signs.some((sign) => sign.strong && sign.by === "hops");
  if (!between && origin === undefined && !strange) return undefined;
  // The other end must have been reset too, where it can be seen.
  if (origin !== undefined && origin.received === undefined) return undefined;
  return {
    reading,
    rst,
    last,
    origin,
    opposite: between ? opposite : undefined,
    says: strange ? signs.map((sign) => sign.says) : [],
  };
}

/** Nothing was being asked or sent when the silence began: all data of both sides had been acknowledged, and answered. */
function isQuiet(reading: Reading, rst: Step): boolean {
  const open = openRequest(reading, rst);
  if (open !== undefined && open.request !== "unclear") return false;
  return (["client", "server"] as const).every((side) => {
    const sent = reading.steps.findLast((s) => s.side === side && s.fresh && s.index < rst.index);
    const acked = reading.acked[side === "client" ? "server" : "client"];
    return sent === undefined || (acked !== undefined && ((sent.end - acked) | 0) <= 0);
  });
}

/** Two gaps that one timer made. */
export const sameGap = (a: IdleReset, b: IdleReset): boolean =>
  Math.abs(a.rst.silence - b.rst.silence) <= Math.max(0.02 * a.rst.silence, SECOND / 4);
