import { printEndpoint } from "../../net/endpoint.ts";
import { MILLISECOND, type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Scene } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import type { Attempt } from "../tuple-queries.ts";
import { type Aftermath, aftermathOf, closedOrderly, oldSegmentsAfter, wentOn } from "./aftermath.ts";
import type { Collision } from "./collision.ts";
import { oriented } from "./oriented.ts";

export type Variant = "old-connection-lost" | "new-connection-refused";

/** Which connection was lost and how sure that is. */
export interface Grade {
  readonly variant: Variant;
  readonly confidence: Confidence;
}

/** Two challenges this far apart mean that the old connection survived the first one's RST. */
const CHALLENGED_AGAIN: Nanoseconds = 400 * MILLISECOND;
/** A client that spoke this shortly before the SYN has neither rebooted nor lost its place in a translating box (RFC 5382 §5: two hours). */
const JUST_SPOKE: Nanoseconds = 30 * SECOND;
/** After a longer silence a new connection on the same four-tuple is a restarted client's or a reused translated port (RFC 9293 §3.5.1). */
const LONG_SILENT: Nanoseconds = 60 * SECOND;

/** Weighs a collision; undefined when the evidence does not carry the claim. */
export function gradeOf(collision: Collision, scene: Scene): Grade | undefined {
  if (collision.attempts.length === 0) return gradeLater(collision);
  if (collision.older.length === 0) return gradeUnseen(collision);
  return collision.established ? gradeLost(collision, scene) : gradeRefused(collision, scene);
}

/** Only the consequences were captured. */
function gradeLater(collision: Collision): Grade {
  const variant = "old-connection-lost";
  if (collision.twoDestinations) return { variant, confidence: "certain" };
  // A balancer node whose both legs show the client's own address: what answers is a backend that knows this address otherwise.
  return { variant, confidence: collision.older.length > 1 ? "likely" : "possible" };
}

/**
 * The old connection was never captured: a balancer node that keeps the client's address saw only
 * the newer one. What can make the same picture is a client that was restarted, a translating box
 * that uses a port again, or a TIME_WAIT socket, and they are less likely the more of this holds.
 */
function gradeUnseen(collision: Collision): Grade | undefined {
  const legs = collision.attempts.filter((a) => a.vantage === collision.challengedAt);
  const [leg] = legs;
  const preserves = new Set(legs.map((a) => printEndpoint(a.server))).size > 1;
  const { challenge, established } = collision;
  if (leg === undefined || !preserves || !established || challenge?.reset === undefined) return undefined;
  const client = leg.client.address;
  const own = client.includes(":") || isPrivate(client);
  // Linux numbers the IP packets of a socket, and sends 0 from TIME_WAIT (ip_queue_xmit, ip_send_unicast_reply).
  const live = challenge.answer.ipId !== 0;
  return { variant: "old-connection-lost", confidence: own && live ? "likely" : "possible" };
}

/** RFC 1918 and RFC 6598: an address that no public address translation stands in front of. */
function isPrivate(address: string): boolean {
  const [a = 0, b = 0] = address.split(".").map(Number);
  return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128);
}

function gradeLost(collision: Collision, scene: Scene): Grade | undefined {
  if (collision.challenge === undefined || wentOn(collision, scene) || closedOrderly(collision)) return undefined;
  const variant = "old-connection-lost";
  if (collision.challenge.answer.length > 0) return gradeUnchallenged(collision);
  if (collision.twoDestinations) return { variant, confidence: fits(collision) ? "certain" : "likely" };
  // One destination only, as a backend sees it: the client must show that it had not given up the old connection.
  if (!fits(collision)) return undefined;
  const vantages = [...new Set(collision.attempts.map((a) => a.vantage))];
  if (vantages.some((v) => speaksOn(aftermathOf(collision, v, undefined)))) return { variant, confidence: "likely" };
  if (vantages.every((v) => scene.vantages[v]?.place === "client")) return undefined;
  const silent = silenceBefore(collision);
  if (silent === undefined || silent > LONG_SILENT) return undefined;
  return { variant, confidence: silent <= JUST_SPOKE ? "likely" : "possible" };
}

/** Data of the old connection came where a challenge should have, and the client's RST for it had the old one's number. */
function gradeUnchallenged(collision: Collision): Grade | undefined {
  if (!collision.twoDestinations || !fits(collision)) return undefined;
  return { variant: "old-connection-lost", confidence: "likely" };
}

function gradeRefused(collision: Collision, scene: Scene): Grade | undefined {
  const variant = "new-connection-refused";
  const challenges = collision.attempts.map((a) => a.challenges).sort((a, b) => b.length - a.length)[0] ?? [];
  const [first] = challenges;
  const again =
    first !== undefined &&
    challenges.some((c) => c.answer.time - first.answer.time >= CHALLENGED_AGAIN) &&
    fits(collision);
  if (collision.strays.length > 0 && collision.twoDestinations) {
    return {
      variant,
      confidence: again || collision.attempts.some((a) => eachStrayed(collision, a)) ? "certain" : "likely",
    };
  }
  if (again) {
    if (collision.twoDestinations) return { variant, confidence: "certain" };
    const alive = [...new Set(collision.attempts.map((a) => a.vantage))].some((v) =>
      oldSegmentsAfter(collision, v, undefined).some((s) => s.from === "client"),
    );
    return alive && challenges.every((c) => c.reset === undefined) ? { variant, confidence: "likely" } : undefined;
  }
  if ((collision.challenge?.answer.length ?? 0) > 0) return undefined;
  // The capture ends before the newer connection stood: the RST with the right number was on its way.
  const reset = collision.challenge?.reset !== undefined;
  if (!reset || !fits(collision) || !collision.twoDestinations || wentOn(collision, scene)) return undefined;
  return { variant: "old-connection-lost", confidence: "likely" };
}

/** Whether one capture shows three SYNs or more bring a duplicate ACK on the old connection, and at most one bring none. */
function eachStrayed({ strays }: Collision, attempt: Attempt): boolean {
  const found = strays.filter((stray) => stray.attempt === attempt).length;
  return found > 2 && attempt.syns.length - found <= 1;
}

const fits = (collision: Collision): boolean => collision.older.some((o) => o.fit === "exact");

/** Segments with the old connection's numbers after the newer one stood: no restarted client knows them. */
function speaksOn(aftermath: Aftermath): boolean {
  return aftermath.speech !== undefined || aftermath.echoes.length > 0;
}

/** How long the client had been silent on the old connection; undefined when it was never heard there. */
function silenceBefore(collision: Collision): Nanoseconds | undefined {
  for (const older of collision.older) {
    const here = collision.attempts.find((a) => a.vantage === older.trail.vantage);
    const syn = here?.syns[0];
    if (syn === undefined) continue;
    const last = oriented(older.trail.segments, older.side).findLast(
      (s) => s.from === "client" && s.packet < syn.packet,
    );
    if (last !== undefined) return syn.time - last.time;
  }
  return undefined;
}
