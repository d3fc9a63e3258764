import { loggedConnections } from "../../log/logged-connections.ts";
import { isLoss } from "../../log/loss.ts";
import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import { type Instant, type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { shown } from "../findings.ts";
import { openRequest } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { serverClose } from "../server-close.ts";
import type { Evidence } from "../signature.ts";
import { endpointOf, readTrail } from "../trail-queries.ts";

/** A connection from its beginning to an end that its server, or something in its name, made. */
export interface Life {
  readonly trail: Trail | undefined;
  readonly client: Endpoint | undefined;
  readonly server: Endpoint;
  readonly ended: Instant;
  readonly age: Nanoseconds;
  /** How long nothing had been said before; undefined where nothing tells. */
  readonly gap: Nanoseconds | undefined;
  /** A request was under way. */
  readonly lost: boolean;
  readonly evidence: readonly Evidence[];
}

/** Captured connections that the server ended without GOAWAY, and whose beginning was captured as well. */
export function capturedLives(scene: Scene): Life[] {
  const seen = new Set<Trail>();
  return scene.vantages.flatMap((vantage) =>
    vantage.trails.flatMap((trail): Life[] => {
      if (seen.has(trail) || trail.flow.synAck.length === 0) return [];
      const reading = readTrail(trail);
      const close = serverClose(reading);
      const first = reading.steps[0];
      if (close === undefined || first === undefined || close.announced || close.kind === "no-socket") return [];
      for (const { trail: twin } of scene.sightings(trail)) seen.add(twin);
      return [
        {
          trail,
          client: endpointOf(trail, "client"),
          server: endpointOf(trail, "server"),
          ended: scene.toCommon(vantage, close.step.time),
          age: close.step.time - first.time,
          gap: close.idle,
          lost: !close.farewell && openRequest(reading, close.step) !== undefined,
          evidence: [
            shown(reading, first, "the connection is opened"),
            shown(reading, close.step, `${close.step.rst ? "RST" : "FIN"} of the server`),
          ],
        },
      ];
    }),
  );
}

/** Connections that a program logged from the dial to their loss, both ends named. */
export function loggedLives(scene: Scene): Life[] {
  return scene.logs.flatMap((log) =>
    loggedConnections(log.entries).flatMap(({ local, remote, entries }): Life[] => {
      const dial = entries.find(({ content }) => content.kind === "dial");
      const loss = entries.find(({ content }) => isLoss(content) && endsIt(content));
      if (dial === undefined || loss === undefined || remote === undefined) return [];
      if (entries.some(({ content }) => content.kind === "http2-frame" && content.type === "GOAWAY")) return [];
      const [opened, ended] = [log.instantOf(dial), log.instantOf(loss)];
      if (opened === undefined || ended === undefined) return [];
      const line = (number: number, shows: string): Evidence => ({ log: log.index, line: number, shows });
      return [
        {
          ...{ trail: undefined, client: local, server: remote, ended, age: Number(ended - opened), gap: undefined },
          lost: true,
          evidence: [line(dial.line, "the connection is opened"), line(loss.line, "it ends under the program")],
        },
      ];
    }),
  );
}

const endsIt = (content: { readonly kind: string; readonly error?: unknown }): boolean =>
  content.error === "end-of-file" || content.error === "reset" || content.error === "broken-pipe";

/** Ages are the same within this part of them, and within this much. */
const ALIKE = 0.02;
const SLACK: Nanoseconds = 0.3 * SECOND;
/** Younger than this a connection has no lifetime yet. */
const YOUNGEST: Nanoseconds = 5 * SECOND;
/** Ends nearer than this to each other are one event, whatever the ages. */
const ONE_EVENT: Nanoseconds = SECOND;
/** Gaps that differ by less than this, or by less than half, may be a time limit of their own. */
const DIFFERENT: Nanoseconds = SECOND / 10;

/** Connections of one server that ended at one age, at different times and after gaps that differ. */
export function constantAges(lives: readonly Life[]): readonly (readonly [Life, ...Life[]])[] {
  const servers = Map.groupBy(
    lives.filter(({ age }) => age >= YOUNGEST),
    ({ server }) => printEndpoint(server),
  );
  return [...servers.values()].flatMap((all) => {
    const sorted = [...all].sort((a, b) => a.age - b.age);
    const groups: [Life, ...Life[]][] = [];
    for (const life of sorted) {
      const group = groups.at(-1);
      if (group !== undefined && life.age - group[0].age <= Math.max(SLACK, ALIKE * life.age)) group.push(life);
      else groups.push([life]);
    }
    // Where most connections of the server end at other ages, one age that some share is chance.
    return groups.filter((group) => group.length >= 2 && 2 * group.length > all.length && isByAge(group));
  });
}

function isByAge(group: readonly Life[]): boolean {
  const ends = group.map(({ ended }) => ended).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (ends.some((end, i) => i > 0 && Number(end - (ends[i - 1] as Instant)) < ONE_EVENT)) return false;
  const gaps = group.flatMap(({ gap }) => gap ?? []);
  // From logs alone the gaps are not known: only several ages that agree tell.
  if (gaps.length === 0) return group.length >= 3;
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  return most - least >= Math.max(DIFFERENT, most / 2) && least < 0.9 * Math.min(...group.map(({ age }) => age));
}
