import { printEndpoint } from "../../net/endpoint.ts";
import { RST } from "../../net/tcp-flags.ts";
import type { Segment, Side, Trail } from "../../session/segment.ts";
import type { Scene } from "../scene.ts";
import { endpointOf } from "../trail-queries.ts";
import { foreignAnswers, hasFlags, isBareAck, isFar } from "../tuple-queries.ts";
import { type ByClient, type Collision, differ } from "./collision.ts";
import { numbersFit } from "./numbers-fit.ts";
import { oriented } from "./oriented.ts";

/**
 * Collisions whose beginning was not captured: what the client says on a connection is answered
 * with the numbers of another connection (RFC 9293 §3.10.7.4: a segment outside the window gets an
 * ACK with the receiver's own numbers). `known` are trails explained already.
 */
export function laterSigns(scene: Scene, byClient: ByClient, known: ReadonlySet<Trail>): Collision[] {
  const found = new Map<string, Collision>();
  for (const trail of scene.vantages.flatMap((v) => v.trails)) {
    if (known.has(trail)) continue;
    const sides: readonly Side[] = trail.flow.clientSeen ? ["client"] : ["client", "server"];
    for (const side of sides) {
      const collision = signOf(trail, side, byClient);
      const first = collision?.answers[0];
      if (collision === undefined || first === undefined) continue;
      // One node's two legs, or two captures: the same client port and the same foreign numbers.
      const key = `${printEndpoint(endpointOf(trail, side))} ${first.ack} ${first.seq}`;
      const same = found.get(key);
      if (same === undefined) found.set(key, collision.collision);
      else found.set(key, merged(same, collision.collision));
      break;
    }
  }
  return [...found.values()].filter((c) => c.newer.length === 0 || c.twoDestinations);
}

/** Foreign answers that are compared with other connections; they repeat themselves. */
const COMPARED = 16;

function signOf(
  trail: Trail,
  side: Side,
  byClient: ByClient,
): { readonly collision: Collision; readonly answers: readonly Segment[] } | undefined {
  const segments = oriented(trail.segments, side);
  const answers = foreignAnswers(segments, "client");
  const [first] = answers;
  if (first === undefined) return undefined;
  const proper = segments.filter((s) => s.from === "server" && s.packet < first.packet && !hasFlags(s, RST));
  const after = proper.at(-1)?.packet ?? 0;
  const said = segments.filter((s) => s.from === "client" && s.packet > after && !isBareAck(s) && !hasFlags(s, RST));
  if (said.length === 0) return undefined;
  const newer = (byClient.get(printEndpoint(endpointOf(trail, side))) ?? []).filter(
    (other) =>
      other.trail !== trail &&
      answers.slice(0, COMPARED).some((answer) => numbersFit(other.trail, other.side, answer) === "exact") &&
      speaksItself(other.trail, other.side, first),
  );
  // Without the other connection: the same must have been said twice and been answered so, by ACKs and nothing else.
  const again = said.some((s) => s !== said[0] && s.seq === said[0]?.seq && s.length === said[0]?.length);
  if (newer.length === 0 && (!again || answers.filter(isBareAck).length < 2)) return undefined;
  const older = [{ trail, side, fit: "exact" as const }];
  const collision: Collision = {
    attempts: [],
    newer,
    older,
    challenge: undefined,
    challengedAt: trail.vantage,
    strays: [],
    twoDestinations: differ(newer, older),
    established: true,
  };
  return { collision, answers };
}

/** The client of this trail speaks with these numbers: it is the connection itself, not another sighting of the answers. */
function speaksItself(trail: Trail, side: Side, answer: Segment): boolean {
  return trail.segments.some((s) => s.from === side && !hasFlags(s, RST) && !isFar(s.seq, answer.ack));
}

function merged(a: Collision, b: Collision): Collision {
  const older = [...a.older, ...b.older];
  const newer = [...a.newer, ...b.newer.filter((n) => !a.newer.some((m) => m.trail === n.trail))];
  return { ...a, older, newer, twoDestinations: differ(newer, older) };
}
