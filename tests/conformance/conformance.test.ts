import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recordedReadings } from "./public-captures.ts";
import { CLASSES, ourReading, type StreamReading, tsharkReading } from "./reading.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");

/** The reading that must agree in nearly every flow; the rest is classed in docs/conformance.md. */
const COUNTS = ["ends", "packets", "bytes", "syn", "synAck", "fin", "rst"] as const;

describe("the flow table against tshark", () => {
  const installed = hasTshark();
  it.skipIf(!installed && process.env.CI === undefined)(
    "reads every capture of the examples as the installed tshark does (apt-get install tshark)",
    async () => {
      const files = exampleCaptures();
      expect(files.length).toBeGreaterThan(5);
      for (const file of files) {
        const ours = new Map((await ourReading(file)).map((r) => [r.stream, r]));
        for (const theirs of tsharkReading(file)) {
          const mine = ours.get(theirs.stream);
          expect(mine && pick(mine), `${file} tcp.stream ${theirs.stream}`).toEqual(pick(theirs));
        }
      }
    },
    120_000,
  );

  const recorded = recordedReadings();
  it.skipIf(recorded === undefined)(
    "agrees with its recorded reading of public captures (the folder that HALFOPEN_CAPTURES names)",
    async () => {
      const tally = new Map<string, { same: number; all: number; differ: string[] }>();
      const count = (name: string, same: boolean, where: string): void => {
        const t = tally.get(name) ?? { same: 0, all: 0, differ: [] };
        t.all++;
        if (same) t.same++;
        else t.differ.push(where);
        tally.set(name, t);
      };
      for (const record of recorded ?? []) {
        const ours = new Map((await ourReading(record.file)).map((r) => [r.stream, r]));
        for (const theirs of record.streams) {
          const mine = ours.get(theirs.stream);
          const where = `${record.file} tcp.stream ${theirs.stream}`;
          for (const name of COUNTS) {
            if (!theirs.incomplete.has(name)) count(name, mine !== undefined && same(mine[name], theirs[name]), where);
          }
          for (const { name } of CLASSES) {
            const want = theirs.events[name] ?? [];
            const got = mine?.events[name] ?? [];
            if (!theirs.incomplete.has(name) && want.length + got.length > 0) count(name, same(got, want), where);
          }
        }
      }
      for (const [name, { same: agreed, all, differ }] of tally) {
        const wanted = (COUNTS as readonly string[]).includes(name) ? 0.995 : name === "ACKed unseen" ? 0.8 : 0.98;
        expect(
          agreed / all,
          `${name}: ${agreed} of ${all}; first ${differ.slice(0, 3).join("; ")}`,
        ).toBeGreaterThanOrEqual(wanted);
      }
      expect(tally.get("packets")?.all).toBeGreaterThan(1000);
    },
    300_000,
  );
});

function pick(reading: StreamReading): unknown {
  const { "ACKed unseen": _, ...events } = reading.events;
  return { ...Object.fromEntries(COUNTS.map((name) => [name, reading[name]])), events };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function hasTshark(): boolean {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function exampleCaptures(): string[] {
  if (!existsSync(EXAMPLES)) return [];
  return readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.pcap(ng)?(\.gz)?$/.test(name))
    .map((name) => join(EXAMPLES, name));
}
