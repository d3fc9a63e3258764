import { type Endpoint, sameEndpoint } from "../net/endpoint.ts";
import { type Nanoseconds, SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Scene } from "../signature/scene.ts";
import type { Confidence, Finding, Signature } from "../signature/signature.ts";
import type { Conclusion } from "./conclude.ts";
import { commonInstant, lastOf, startOf } from "./when.ts";

/** A conclusion that is still being put together. */
export interface Open extends Conclusion {
  readonly alike: Finding[];
  readonly support: Finding[];
  readonly ruledOut: { readonly cause: string; readonly because: string }[];
}

/**
 * A claim from logs may be this much before a loss that captures show, and this much after its last packet. A claim of the
 * same cause may be as much before: metrics count by the minute.
 */
const BEFORE: Nanoseconds = 5 * SECOND;
const AFTER: Nanoseconds = 120 * SECOND;
/** Claims from logs about one server this near to each other are one story. */
const TOGETHER: Nanoseconds = 60 * SECOND;

const RANK: Readonly<Record<Confidence, number>> = { certain: 3, likely: 2, possible: 1 };

/**
 * Weighs a claim that only logs make against what stands. About a loss that captures show, the captures decide: the
 * same cause is supported, another one is told under what was ruled out; where the captures do not decide, a claim
 * that is at least likely does. Otherwise it stands by itself.
 */
export function weighLogged(scene: Scene, standing: Open[], signature: Signature, finding: Finding): void {
  const holder = standing
    .filter((each) => isOneStory(scene, each, { signature, finding }))
    .sort((a, b) => distance(scene, a, finding) - distance(scene, b, finding))
    .sort((a, b) => Number(b.signature === signature) - Number(a.signature === signature))[0];
  if (holder === undefined) {
    standing.push({ signature, finding, alike: [], support: [], ruledOut: [...finding.ruledOut] });
    return;
  }
  const captured = holder.finding.trails.length > 0;
  if (holder.signature === signature) {
    (captured ? holder.support : holder.alike).push(finding);
    return;
  }
  if (signature.id === "inconclusive") {
    if (!captured) holder.support.push(finding);
    return;
  }
  if (holder.signature.id === "inconclusive" && RANK[finding.confidence] >= RANK.likely) {
    standing[standing.indexOf(holder)] = decided(holder, signature, finding);
    return;
  }
  if (holder.signature.id === "inconclusive") {
    const because = `logs alone suggest it (${finding.confidence}): ${finding.summary.replace(/\.$/, "")}`;
    if (!holder.ruledOut.some((r) => r.cause === finding.cause))
      holder.ruledOut.push({ cause: finding.cause, because });
    return;
  }
  if (holder.ruledOut.some((r) => r.cause === finding.cause)) return;
  const because = `weaker (${finding.confidence}, from logs alone) than ${holder.finding.cause}, which ${captured ? "packets show" : "explains the same loss"}`;
  holder.ruledOut.push({ cause: finding.cause, because });
}

/** Packets show that something was lost, and logs say how. */
function decided(holder: Open, signature: Signature, finding: Finding): Open {
  const { trails, at, evidence } = holder.finding;
  return {
    signature,
    finding: {
      ...finding,
      trails,
      at: trails.length === 0 ? finding.at : at,
      evidence: [...evidence, ...finding.evidence],
    },
    alike: [],
    support: holder.support,
    ruledOut: [...finding.ruledOut],
  };
}

function isOneStory(
  scene: Scene,
  conclusion: Open,
  { signature, finding }: { readonly signature: Signature; readonly finding: Finding },
): boolean {
  const at = commonInstant(scene, finding);
  const captured = conclusion.finding.trails.length > 0;
  const alike = conclusion.signature === signature;
  const [before, after] = captured ? [alike ? AFTER : BEFORE, AFTER] : [TOGETHER, TOGETHER];
  if (at < startOf(scene, conclusion) - BigInt(before) || at > lastOf(scene, conclusion) + BigInt(after)) return false;
  const named = finding.named ?? [];
  const theirs = endsOf(scene, conclusion);
  if (named.length === 0 || theirs.length === 0) {
    return alike || isSameMoment(scene, conclusion, finding);
  }
  return named.some(({ client, server }) => {
    const ends = [client, server].filter((end) => end !== undefined);
    if (ends.length === 0) return true;
    // A server's port is no help where only the client is named, and the other way round.
    return (
      ends.every((end) => theirs.some((their) => fits(end, their))) ||
      (server !== undefined && theirs.some((t) => fits(server, t)))
    );
  });
}

/** What names no connection is one story with another claim only at its very time, and without captures in its very log. */
function isSameMoment(scene: Scene, conclusion: Open, finding: Finding): boolean {
  if (distance(scene, conclusion, finding) > (conclusion.finding.trails.length > 0 ? 30 * SECOND : BEFORE))
    return false;
  if (conclusion.finding.trails.length > 0) return true;
  const logsOf = ({ evidence }: Finding): Set<number> => new Set(evidence.flatMap((e) => ("line" in e ? [e.log] : [])));
  const own = logsOf(finding);
  return [...logsOf(conclusion.finding)].some((log) => own.has(log));
}

/** Port 0 stands for any. */
function fits(one: Endpoint, other: Endpoint): boolean {
  return sameEndpoint(one, other) || (one.address === other.address && (one.port === 0 || other.port === 0));
}

function endsOf(scene: Scene, { finding, alike }: Open): readonly Endpoint[] {
  const findings = [finding, ...alike];
  const trails = findings.flatMap((f) => f.trails);
  const seen = new Set<Trail>(trails.flatMap((t) => [t, ...scene.sightings(t).map((s) => s.trail)]));
  return [
    ...[...seen].flatMap(({ flow }) => [flow.a, flow.b]),
    ...findings
      .flatMap((f) => f.named ?? [])
      .flatMap(({ client, server }) => [client, server].filter((e) => e !== undefined)),
  ];
}

function distance(scene: Scene, conclusion: Open, finding: Finding): number {
  return Math.abs(Number(commonInstant(scene, conclusion.finding) - commonInstant(scene, finding)));
}
