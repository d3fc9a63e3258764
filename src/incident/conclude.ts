import { printEndpoint } from "../net/endpoint.ts";
import type { Trail } from "../session/segment.ts";
import type { Scene } from "../signature/scene.ts";
import type { Confidence, Finding, RuledOut, Signature } from "../signature/signature.ts";
import { type Open, weighLogged } from "./logged-claims.ts";
import { startOf } from "./when.ts";

/** A finding that stands, with everything that other findings add to it. */
export interface Conclusion {
  readonly signature: Signature;
  /** The strongest finding of this cause; its texts are used. */
  readonly finding: Finding;
  /** The same cause found elsewhere: at other vantage points, or for other connections lost in the same way. */
  readonly alike: readonly Finding[];
  /** The same loss as logs tell it: more evidence, no more losses. */
  readonly support: readonly Finding[];
  /** What was ruled out, including weaker claims about the same connection. */
  readonly ruledOut: readonly RuledOut[];
}

const RANK: Readonly<Record<Confidence, number>> = { certain: 3, likely: 2, possible: 1 };

/**
 * One cause for one connection. Findings about the same connection (joined across vantage points)
 * compete: the more confident wins, then the order of the signatures; the others are told under
 * what was ruled out. `inconclusive` stands only where nothing else does. What only logs claim is weighed against
 * that. A cause that merely contributes stands beside the others.
 */
export function conclude(
  scene: Scene,
  signatures: readonly Signature[],
): { conclusions: Conclusion[]; notes: Conclusion[]; findings: number; claimsAside: number } {
  const order = new Map(signatures.map((s, i) => [s.id, i] as const));
  const all = signatures.flatMap((signature) => signature.detect(scene).map((finding) => ({ signature, finding })));
  const strength = ({ signature, finding }: (typeof all)[number]): number =>
    (signature.id === "inconclusive" ? 0 : RANK[finding.confidence] * 1000) - (order.get(signature.id) ?? 0);
  const incidents = all
    .filter((x) => x.signature.kind === "incident" && x.signature.contributes !== true)
    .sort((x, y) => strength(y) - strength(x));
  const standing = weighCaptured(
    scene,
    incidents.filter((x) => x.finding.trails.length > 0),
  );
  const logged = incidents.filter((x) => x.finding.trails.length === 0);
  for (const { signature, finding } of logged.slice(0, MOST_LOGGED)) weighLogged(scene, standing, signature, finding);
  const beside = all
    .filter((x) => x.signature.contributes === true)
    .map(({ signature, finding }) => opened(signature, finding));
  const conclusions = group([...standing, ...beside]).sort((x, y) => Number(startOf(scene, x) - startOf(scene, y)));
  const notes = all
    .filter((x) => x.signature.kind === "note")
    .map(({ signature, finding }) => ({ ...opened(signature, finding), ruledOut: [] }));
  return { conclusions, notes, findings: all.length, claimsAside: Math.max(0, logged.length - MOST_LOGGED) };
}

/** Claims of logs that are weighed, the strongest; each is held against all that stand. */
const MOST_LOGGED = 1000;

const opened = (signature: Signature, finding: Finding): Open => ({
  signature,
  finding,
  alike: [],
  support: [],
  ruledOut: [...finding.ruledOut],
});

/** Claims about captured connections, the strongest first: each connection has one holder. */
function weighCaptured(
  scene: Scene,
  claims: readonly { readonly signature: Signature; readonly finding: Finding }[],
): Open[] {
  const claimed = new Map<Trail, Open>();
  const standing: Open[] = [];
  for (const { signature, finding } of claims) {
    const lost = withSightings(scene, finding.trails);
    const first = withSightings(scene, finding.trails.slice(0, 1));
    const holder = first.map((t) => claimed.get(t)).find((c) => c !== undefined);
    if (holder !== undefined) {
      if (holder.signature === signature) holder.alike.push(finding);
      else if (signature.id !== "inconclusive") addRuledOut(holder, finding);
      // Connections that only the weaker claim is about stay free: `inconclusive` tells of them.
      if (holder.signature === signature) for (const trail of lost) if (!claimed.has(trail)) claimed.set(trail, holder);
      continue;
    }
    const echoed = standing.find((each) => isEcho(finding, each));
    if (echoed !== undefined) {
      echoed.support.push(finding);
      continue;
    }
    const conclusion = opened(signature, finding);
    standing.push(conclusion);
    for (const trail of lost) if (!claimed.has(trail)) claimed.set(trail, conclusion);
  }
  return standing;
}

/** What is merely possible and happened at the very four-tuple of a surer claim of the same cause is more of the same. */
function isEcho(finding: Finding, { finding: surer }: Open): boolean {
  if (finding.cause !== surer.cause || finding.confidence !== "possible" || surer.confidence === "possible")
    return false;
  const four = ({ flow }: Trail): string => [printEndpoint(flow.a), printEndpoint(flow.b)].sort().join(" ");
  const known = new Set(surer.trails.map(four));
  return finding.trails.every((trail) => known.has(four(trail)));
}

function withSightings(scene: Scene, trails: readonly Trail[]): readonly Trail[] {
  const found = new Set<Trail>(trails);
  for (const trail of trails) for (const sighting of scene.sightings(trail)) found.add(sighting.trail);
  return [...found];
}

function addRuledOut(holder: Open, weaker: Finding): void {
  if (holder.ruledOut.some((r) => r.cause === weaker.cause)) return;
  holder.ruledOut.push({
    cause: weaker.cause,
    because: `weaker (${weaker.confidence}) than ${holder.finding.cause}, which explains the same connection`,
  });
}

/** Losses that are one story are told once: the same cause, variant and confidence towards the same server. */
function group(standing: readonly Open[]): Conclusion[] {
  const groups = new Map<string, Open>();
  for (const conclusion of standing) {
    const { finding } = conclusion;
    const key = [finding.cause, finding.variant ?? "", finding.confidence, storyOf(finding)].join("|");
    const known = groups.get(key);
    if (known === undefined) groups.set(key, conclusion);
    else {
      known.alike.push(finding, ...conclusion.alike);
      known.support.push(...conclusion.support);
    }
  }
  return [...groups.values()];
}

function storyOf({ trails, named }: Finding): string {
  const flow = trails[0]?.flow;
  const server = flow === undefined ? named?.[0]?.server : flow.client === "a" ? flow.b : flow.a;
  return server === undefined ? "" : `${server.address} ${server.port}`;
}
