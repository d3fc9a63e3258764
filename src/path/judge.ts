import { isVerified } from "../catalogue/entry.ts";
import { entryOf } from "../catalogue/look-up.ts";
import { printMs } from "../net/duration.ts";
import { type Demand, type Fit, fitOf, type Level } from "./demand.ts";
import type { Hop, Path } from "./hop.ts";
import { olderPath } from "./older-path.ts";
import { RULES } from "./rule/index.ts";
import { neverIdle } from "./rule/never-idle.ts";
import { clientsOf } from "./rule/slow-health-check/clients.ts";
import { passesOn, type Scene, sceneOf } from "./scene.ts";
import { NEVER, type Setting, type SettingKey } from "./setting.ts";

/** A setting that a finding is about. */
export interface NamedSetting {
  readonly hop: string;
  readonly key: SettingKey;
  /** Absent where nobody says it and no default is known. */
  readonly setting?: Setting;
}

/** Something wrong with a path. */
export interface PathFinding {
  readonly rule: string;
  readonly level: Level;
  /** Whether it holds but for its margin. */
  readonly tight: boolean;
  readonly branch: number;
  readonly hops: readonly string[];
  /** The settings that contradict each other. */
  readonly settings: readonly NamedSetting[];
  readonly says: string;
  readonly remedy: string;
  /** Ids of catalogue entries that it rests on and that are no verified facts. */
  readonly unverified: readonly string[];
  /** Why it is not counted, if the path says so. */
  readonly suppressed?: string;
}

/** A demand with how a path meets it. */
export interface JudgedDemand {
  readonly demand: Demand;
  readonly fit: Fit;
}

/**
 * Every demand of every rule, each once, with how the path meets it. Where a version is not stated the newest is assumed; what only
 * then is an error is a warning that says so.
 */
export function demandsOf(path: Path): readonly JudgedDemand[] {
  const now = asked(path);
  const { older, hops } = olderPath(path);
  if (older === undefined || now.every(({ fit }) => fit !== "broken")) return now;
  const brokenThen = new Set(asked(older).flatMap(({ demand, fit }) => (fit === "broken" ? [nameOf(demand)] : [])));
  return now.map((judged) => {
    const { demand, fit } = judged;
    if (fit !== "broken" || demand.level !== "error" || brokenThen.has(nameOf(demand))) return judged;
    const about = hops.filter((hop) => demand.hops.includes(hop)).join(" and ");
    const says = `${demand.says} This depends on the version of ${about || hops.join(" and ")}, which is not stated: the newest is assumed.`;
    return { demand: { ...demand, level: "warning", says }, fit };
  });
}

function asked(path: Path): readonly JudgedDemand[] {
  const scene = sceneOf(path);
  const seen = new Set<string>();
  return RULES.flatMap((rule) => rule.demands(scene))
    .filter((demand) => !seen.has(nameOf(demand)) && seen.add(nameOf(demand)))
    .map((demand) => ({ demand, fit: fitOf(demand, scene.look) }));
}

const nameOf = ({ rule, hops, settings }: Demand): string => JSON.stringify([rule, hops, settings]);

const ORDER: Readonly<Record<Level, number>> = { error: 0, warning: 1, note: 2 };

/** What is wrong with a path, the worst first. */
export function judge(path: Path): readonly PathFinding[] {
  const hops = new Map([...path.hops, ...path.detectors.map(({ hop }) => hop)].map((hop) => [hop.id, hop]));
  return demandsOf(path)
    .filter(({ fit }) => fit !== "met")
    .map(({ demand, fit }) => {
      const settings = demand.settings.map(({ hop, key }) => {
        const setting = hops.get(hop)?.settings.get(key);
        return { hop, key, ...(setting === undefined ? {} : { setting }) };
      });
      const { rule, branch, hops: between, says, remedy } = demand;
      return {
        rule,
        level: levelOf(demand.level, fit),
        tight: fit === "tight",
        branch,
        hops: between,
        settings,
        says: fit === "tight" ? `Too close: ${says}` : says,
        remedy,
        unverified: settings.flatMap(({ setting }) => doubtful(setting)),
      };
    })
    .sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

/** What is not judged since it is not known, one sentence each: how long one of two neighbours keeps idle connections. */
export function notJudged(path: Path): readonly string[] {
  const scene = sceneOf(path);
  const { segments, through, value } = scene;
  // A proxy that only passes bytes on keeps no connection for anybody: the ends of the chain are compared instead.
  const says = [...segments.filter(({ opener }) => !passesOn(opener)), ...through].flatMap((segment) => {
    const { opener, acceptor, carries, http2, boxes } = segment;
    const pool = value(opener, "poolIdleTimeoutMs");
    const idle = value(acceptor, "idleTimeoutMs");
    const plain = carries.includes("http") && (!http2 || boxes.length > 0) && !neverIdle(scene, segment);
    // Of browsers and other callers of which nothing is said nothing is missed.
    if (!plain || (opener.role === "client" && pool === undefined)) return [];
    const unknown = [
      ...(pool === undefined
        ? [`how long ${opener.id} keeps idle connections towards ${acceptor.id}${purged(scene, opener)}`]
        : []),
      ...(idle === undefined ? [`how long ${acceptor.id} keeps idle connections of ${opener.id}`] : []),
    ];
    return unknown.length === 0 ? [] : [`it is not known ${unknown.join(", nor ")}`];
  });
  return [...new Set([...says, ...detectorsNotJudged(scene), ...stopsNotJudged(scene)])];
}

/** Servers of which it is known when they are killed, but not whether they wait, behind a balancer that was told how long it goes on. */
function stopsNotJudged({ path, value }: Scene): readonly string[] {
  const hops = new Map(path.hops.map((hop) => [hop.id, hop]));
  return path.branches.flatMap(({ hops: ids }) =>
    ids.flatMap((id, place) => {
      const [balancer, server] = [hops.get(id), hops.get(ids[place + 1] ?? "")];
      if (balancer === undefined || server === undefined || !value(balancer, "deregistrationDelayMs")) return [];
      const delay = balancer.settings.get("deregistrationDelayMs");
      if (delay?.stated === "assumed-default" || value(server, "terminationGraceMs") === undefined) return [];
      if (value(server, "preStopMs") !== undefined) return [];
      return [
        `how long ${server.id} goes on serving once it is told to stop is not known (no preStop): not compared with the ${printMs(delay?.value ?? 0)} for which ${balancer.id} goes on sending`,
      ];
    }),
  );
}

/** Why nobody knows it, where that is known. */
function purged(scene: Scene, opener: Hop): string {
  const ms = scene.value(opener, "poolPurgeIntervalMs");
  return ms === undefined ? "" : ` (half of what it does not need goes every ${printMs(ms)}: no fixed time follows)`;
}

/** Failure detectors of which it is not known what would have to come first. */
function detectorsNotJudged(scene: Scene): readonly string[] {
  return scene.path.detectors.flatMap(({ hop, hearsThrough }) => {
    const clients = clientsOf(scene, hearsThrough);
    if (hop.settings.get("nodeMonitorGracePeriodMs") === undefined) return [];
    if (clients.length === 0) return [`${hop.id} is compared with nothing: no hop is known through which it hears`];
    return (
      clients
        // A check that is known not to be made is compared: it is never.
        .filter((client) => scene.value(client, "readIdleTimeoutMs") !== NEVER)
        .filter((client) => HEALTH_CHECK.some((key) => scene.value(client, key) === undefined))
        .map(
          ({ id }) =>
            `how soon ${id} notices a lost connection is not known (no readIdleTimeout and pingTimeout): not compared with ${hop.id}`,
        )
    );
  });
}

const HEALTH_CHECK = ["readIdleTimeoutMs", "pingTimeoutMs"] as const satisfies readonly SettingKey[];

const levelOf = (level: Level, fit: Fit): Level => (fit === "tight" && level === "error" ? "warning" : level);

function doubtful(setting: Setting | undefined): readonly string[] {
  if (setting?.stated !== "assumed-default" || setting.entry === undefined) return [];
  const entry = entryOf(setting.entry);
  return entry === undefined || isVerified(entry) ? [] : [entry.id];
}
