import { clientOf, serverOf } from "../../flow/flow.ts";
import type { LogEntry } from "../../log/entry.ts";
import { type Endpoint, sameEndpoint } from "../../net/endpoint.ts";
import { type Instant, MILLISECOND, type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import type { FoundLine } from "../log-lines.ts";
import { remember } from "../remember.ts";
import type { Scene, Vantage } from "../scene.ts";
import { type FailedHandshake, failedHandshakes } from "./failed-handshakes.ts";
import { linesOnHandshakes, type Told } from "./from-logs.ts";
import { REASONS, type Reason } from "./reasons.ts";

type Line = FoundLine<Told>;

/** A line that names no port is about a handshake when it comes this close to it. */
const NEAR = 3 * SECOND;
/** One that names the client's port may come later. */
const LATER = 60 * SECOND;

/** For each failed handshake that a capture shows the lines that are about it. */
export const linesByHandshake: (scene: Scene) => ReadonlyMap<Trail, readonly Line[]> = remember((scene: Scene) => {
  const lines = linesOnHandshakes(scene);
  const failed =
    lines.length === 0 ? [] : [...failedHandshakes(scene).values()].map((f) => ({ ...endsOf(scene, f), f }));
  const found = new Map<Trail, Line[]>();
  for (const line of lines) {
    const fitting = failed.flatMap((one) => {
      const distance = distanceOf(line, one);
      return distance === undefined ? [] : [{ trail: one.f.trail, distance }];
    });
    const nearest = Math.min(...fitting.map((x) => x.distance));
    for (const { trail, distance } of fitting) {
      if (distance > nearest + AS_NEAR) continue;
      const list = found.get(trail);
      if (list === undefined) found.set(trail, [line]);
      else list.push(line);
    }
  }
  return found;
});

/** The same handshake in two captures is as near as their clocks agree. */
const AS_NEAR = 50 * MILLISECOND;

interface Ends {
  readonly f: FailedHandshake;
  readonly clients: readonly Endpoint[];
  readonly servers: readonly Endpoint[];
  readonly at: Instant;
  readonly mentioned: ReadonlySet<LogEntry>;
}

function endsOf(scene: Scene, { trail, failure }: FailedHandshake): Omit<Ends, "f"> {
  const flows = [trail, ...scene.sightings(trail).map((s) => s.trail)].map(({ flow }) => flow);
  const vantage = scene.vantages[trail.vantage] as Vantage;
  return {
    clients: flows.map(clientOf),
    servers: flows.map(serverOf),
    at: scene.toCommon(vantage, failure.kind === "alert" ? failure.alert.at : failure.end.time),
    mentioned: new Set(scene.mentions(trail).map((m) => m.entry)),
  };
}

/** How far in time a line is from a handshake that it may be about; undefined where it is not about it. */
function distanceOf(
  { entry, named: { client, server }, at, said }: Line,
  { f, clients, servers, at: then, mentioned }: Ends,
): Nanoseconds | undefined {
  const side =
    f.failure.kind === "alert"
      ? f.failure.alert.side
      : f.failure.kind === "hello-rejected"
        ? undefined
        : f.failure.side;
  if (said.by !== undefined && side !== undefined && said.by !== side) return undefined;
  if (mentioned.has(entry)) return 0;
  const apart = at === undefined ? undefined : Number(at < then ? then - at : at - then);
  if (client !== undefined && client.port > 0) {
    if (!clients.some((c) => sameEndpoint(c, client))) return undefined;
    return apart === undefined ? 0 : apart <= LATER ? apart : undefined;
  }
  if (server !== undefined && !servers.some((s) => fits(server, s))) return undefined;
  if (client !== undefined && !clients.some((c) => c.address === client.address)) return undefined;
  return apart !== undefined && apart <= NEAR ? apart : undefined;
}

const fits = (said: Endpoint, server: Endpoint): boolean =>
  said.address === server.address && (said.port === 0 || said.port === server.port);

/** The most specific of several reasons: a client's log says what its alert only hints at. */
export function bestReason(reasons: readonly (Reason | undefined)[]): Reason | undefined {
  const rank = (reason: Reason): number => (REASONS.indexOf(reason) + REASONS.length + 1) % (REASONS.length + 1);
  return reasons
    .filter((r) => r !== undefined)
    .reduce<Reason | undefined>((a, b) => (a === undefined || rank(b) < rank(a) ? b : a), undefined);
}
