/** The sane captures that fuzzing starts from. */

import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { writeTraffic } from "../bench/traffic.ts";
import { containerOf, toPcapng } from "./records.ts";

const LARGEST = 1 << 20;
const root = resolve(import.meta.dirname, "../..");

/** Files that lie together: a capture with its log and its secrets tell one story. */
export type Body = readonly Uint8Array[];

/**
 * Generated captures first, then those of the project, then those of the folders given: in an order that depends on
 * nothing but the folders, so that a seed repeats a run. Logs, metrics and key logs that lie beside captures come along.
 */
export function loadCorpus(workFolder: string, folders: readonly string[]): readonly Body[] {
  mkdirSync(workFolder, { recursive: true });
  const generated = [4, 6].flatMap((ipVersion) => {
    const path = join(workFolder, `generated-${ipVersion}.pcap`);
    writeTraffic(path, {
      flows: 12,
      bytesPerFlow: 3000,
      request: [24, 200],
      response: [24, 900],
      fullSegment: 0.2,
      segments: 3,
      thinkMs: 30_000,
      ipVersion: ipVersion === 4 ? 4 : 6,
      vlan: ipVersion === 6,
      seed: ipVersion,
    });
    const pcap = new Uint8Array(readFileSync(path));
    return [pcap, toPcapng(pcap)];
  });
  const found = [join(root, "examples"), join(root, "tests"), ...folders].flatMap(bodiesUnder);
  return [...generated.map((bytes) => [bytes]), ...found];
}

function bodiesUnder(folder: string): readonly Body[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  } catch {
    return [];
  }
  const bodies = new Map<string, Uint8Array[]>();
  for (const name of names) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size > LARGEST || stat.size === 0) continue;
    const bytes = new Uint8Array(readFileSync(path));
    if (containerOf(bytes) === "other" && !EVIDENCE.test(name)) continue;
    const body = bodies.get(dirname(path)) ?? [];
    body.push(bytes);
    bodies.set(dirname(path), body);
  }
  return [...bodies.values()];
}

/** What evidence is called; `truth.json` and golden files are none. */
const EVIDENCE =
  /(?:\.(?:pcap|cap|pcapng|snoop|log)|(?:metrics|cloudwatch)[^/]*\.json|-(?:ss|nstat|conntrack)[^/]*\.txt|fixtures\/logs\/[^/]+)$/;
