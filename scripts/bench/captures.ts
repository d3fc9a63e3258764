/** The captures that are measured, written once and kept under .bench/ until their recipe changes. */

import { createReadStream, createWriteStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Recipe, TrafficSummary } from "./recipe.ts";
import { writeTraffic } from "./traffic.ts";

export interface BenchCapture extends TrafficSummary {
  readonly name: string;
  readonly path: string;
  /** A gzip copy, where one is measured. */
  readonly gzip?: string;
}

/** Raise when the generator writes other bytes for the same recipe. */
const GENERATOR = 2;

const IPV4 = { ipVersion: 4, vlan: false, seed: 1 } as const;

const MIXED: Recipe = {
  ...IPV4,
  flows: 100_000,
  bytesPerFlow: 8800,
  request: [40, 380],
  response: [40, 500],
  fullSegment: 0.12,
  segments: 4,
  thinkMs: 30_000,
};

const RECIPES: Readonly<Record<string, { readonly traffic: Recipe; readonly scale: number }>> = {
  // 1.0 GB, packets of 66 to 1514 bytes, 100,000 flows.
  mixed: { traffic: MIXED, scale: 1 },
  // 1.0 GB of packets of about 90 bytes, 100,000 flows.
  small: {
    traffic: {
      ...MIXED,
      bytesPerFlow: 9600,
      request: [24, 48],
      response: [24, 48],
      fullSegment: 0,
      segments: 1,
      thinkMs: 8000,
    },
    scale: 1,
  },
  // A million flows of ten packets.
  million: {
    traffic: {
      ...MIXED,
      flows: 1_000_000,
      bytesPerFlow: 0,
      request: [24, 160],
      response: [24, 200],
      fullSegment: 0,
      segments: 2,
    },
    scale: 1,
  },
  // A quarter of "mixed", to be compressed, and the same traffic over IPv6 and in a VLAN.
  quarter: { traffic: MIXED, scale: 0.25 },
  ipv6: { traffic: { ...MIXED, ipVersion: 6 }, scale: 0.25 },
  vlan: { traffic: { ...MIXED, vlan: true }, scale: 0.25 },
};

/** Names of all captures, in the order they are measured. */
export const CAPTURE_NAMES: readonly string[] = Object.keys(RECIPES);

/** The capture of that name at `scale` of its full size, from the folder or freshly written. */
export async function benchCapture(folder: string, name: string, scale: number): Promise<BenchCapture> {
  const recipe = RECIPES[name];
  if (recipe === undefined) throw new Error(`no capture is called ${name}; there are ${CAPTURE_NAMES.join(", ")}`);
  const size = recipe.scale * scale;
  const traffic = { ...recipe.traffic, flows: Math.max(1, Math.round(recipe.traffic.flows * size)) };
  const path = join(folder, `${name}-${traffic.flows}.pcap`);
  const summary = cached(path, traffic) ?? generate(path, traffic);
  if (name !== "quarter") return { name, path, ...summary };
  return { name, path, ...summary, gzip: await compressed(path) };
}

/** A capture of about 20 KB for timing the start-up. */
export function tinyCapture(folder: string): BenchCapture {
  const path = join(folder, "tiny.pcap");
  const traffic = { ...MIXED, flows: 3, bytesPerFlow: 6000 };
  return { name: "tiny", path, ...(cached(path, traffic) ?? generate(path, traffic)) };
}

function cached(path: string, traffic: Recipe): TrafficSummary | undefined {
  if (!existsSync(path) || !existsSync(`${path}.json`)) return undefined;
  const note = JSON.parse(readFileSync(`${path}.json`, "utf8"));
  if (note.generator !== GENERATOR || note.recipe !== JSON.stringify(traffic)) return undefined;
  return note.summary.bytes === statSync(path).size ? note.summary : undefined;
}

function generate(path: string, traffic: Recipe): TrafficSummary {
  console.log(`writing ${basename(path)}`);
  const summary = writeTraffic(path, traffic);
  const note = { generator: GENERATOR, recipe: JSON.stringify(traffic), summary };
  writeFileSync(`${path}.json`, JSON.stringify(note));
  return summary;
}

async function compressed(path: string): Promise<string> {
  const target = `${path}.gz`;
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(path).mtimeMs) return target;
  console.log(`writing ${basename(target)}`);
  await pipeline(createReadStream(path), createGzip(), createWriteStream(target));
  return target;
}
