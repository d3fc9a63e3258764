import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSource } from "../src/capture/evidence-source.ts";
import { readCapture } from "../src/capture/read-capture.ts";
import { readFlow } from "../src/flow/read-flow.ts";
import { Survey } from "../src/flow/survey.ts";
import { readSessions } from "../src/read-sessions.ts";
import type { FrameListing } from "../src/report/frame-listing.ts";
import { renderFramesJson } from "../src/report/frames-json.ts";
import { renderFramesText } from "../src/report/frames-text.ts";
import type { SessionEvent, SessionSummary } from "../src/session/conversation.ts";
import { fc } from "./helpers/fast-check.ts";
import { recordingsIn } from "./helpers/recordings.ts";

const ROOT = join(import.meta.dirname, "..");
const DRAIN = join(ROOT, "examples", "goaway-drain");

async function listing(file: string, keyLog?: string): Promise<FrameListing> {
  const source = await openSource(file);
  try {
    const survey = new Survey();
    const summary = await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
    const { table } = survey;
    const events: { stream: number; event: SessionEvent }[] = [];
    const sessions: SessionSummary[] = [];
    const problems = await readSessions({
      source,
      summary,
      table,
      rows: new Set(Array.from({ length: table.rows }, (_, row) => row)),
      keyLogs: keyLog === undefined ? [] : [readFileSync(keyLog)],
      onEvent: (event, stream) => events.push({ stream, event }),
      onSession: (session) => sessions.push(session),
    });
    const found = sessions.filter(({ protocols }) => protocols.length > 0).sort((a, b) => a.stream - b.stream);
    return {
      file,
      epoch: summary.epoch,
      packets: summary.packets,
      events,
      sessions: found.map((session) => ({ flow: readFlow(table, session.stream), session })),
      problems: [...summary.problems, ...problems],
    };
  } finally {
    source.close();
  }
}

const json = (told: FrameListing): string => [...renderFramesJson([told])].join("");
const text = (told: FrameListing): string => [...renderFramesText([told], { colour: false })].join("");

describe("the story of a drained connection", () => {
  const file = join(DRAIN, "client.pcap");
  const keyLog = join(DRAIN, "sslkeys.log");

  test("with its key log the GOAWAYs are found", async () => {
    const told = await listing(file, keyLog);
    const goAways = told.events.filter(({ event }) => event.kind === "http2-frame" && event.body.kind === "goaway");
    expect(goAways.length).toBeGreaterThan(0);
    expect(text(told)).toMatch(/GOAWAY +last stream \d+, NO_ERROR/);
    expect(told.sessions.every(({ session }) => session.tls?.decryption === "opened")).toBe(true);
  });

  test("without it what is in the clear is told", async () => {
    const told = await listing(file);
    expect(text(told)).toContain("no secret for it in a key log");
    expect(told.events.some(({ event }) => event.kind === "http2-frame")).toBe(false);
  });

  test("no secret is in what is printed", async () => {
    const told = await listing(file, keyLog);
    const secrets = readFileSync(keyLog, "utf8").match(/[0-9a-f]{64,}/g) ?? [];
    expect(secrets.length).toBeGreaterThan(0);
    const printed = json(told) + text(told);
    for (const secret of secrets) expect(printed).not.toContain(secret);
  });

  test("schema/frames-1.schema.json describes it, field for field", async () => {
    const schema = JSON.parse(readFileSync(join(ROOT, "schema", "frames-1.schema.json"), "utf8"), (_, value) =>
      value?.properties !== undefined && value.type === "object" ? { ...value, additionalProperties: false } : value,
    );
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    validate(JSON.parse(json(await listing(file, keyLog))));
    expect(validate.errors ?? []).toEqual([]);
    validate({ schema: 1, captures: [{ file: "x" }] });
    expect(validate.errors ?? []).not.toEqual([]);
  });
});

describe("a damaged capture", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "halfopen-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("gives what can be had, as valid JSON and printable text", async () => {
    const whole = readFileSync(join(DRAIN, "client.pcap"));
    const keyLog = join(DRAIN, "sslkeys.log");
    const change = fc.tuple(fc.integer({ min: 24, max: whole.length - 1 }), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 20 }), fc.nat(whole.length), async (changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, Math.max(24, cut)));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const file = join(folder, "damaged.pcap");
        writeFileSync(file, bytes);
        const told = await listing(file, keyLog);
        expect(JSON.parse(json(told)).schema).toBe(1);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is what is tested
        expect(text(told)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 60 },
    );
  });
});

const folder = process.env.HALFOPEN_CAPTURES ?? "";
const oracle = join(folder, "oracle-http2.jsonl.gz");
/** In the packet of a 101 response tshark reads no frame; the SETTINGS there is one. */
const MORE_THAN_TSHARK: ReadonlySet<string> = new Set(["tests/drop-protocol-change/input.pcap"]);

interface Reading {
  readonly file: string;
  readonly path: string;
  readonly pk: readonly {
    readonly s: number;
    readonly d: 0 | 1;
    readonly fr: readonly (readonly [number, number, number, number])[];
  }[];
}

if (folder === "" || !existsSync(oracle)) {
  test.skip("public captures: HALFOPEN_CAPTURES names no folder with oracle-http2.jsonl.gz", () => {});
} else {
  const { readings, keyLogs } = recordingsIn<Reading>(folder, "oracle-http2.jsonl.gz");

  test.each(readings.map((reading) => [reading.file, reading] as const))(
    "frames of %s as tshark reads them",
    async (file, reading) => {
      const keyLog = keyLogs.get(file);
      const told = await listing(join(folder, file), keyLog ? join(folder, keyLog) : undefined);
      const ours = new Map<string, unknown[]>();
      for (const { stream, event } of told.events) {
        if (event.kind !== "http2-frame") continue;
        const key = `${stream}/${event.direction}`;
        ours.set(key, [...(ours.get(key) ?? []), [event.type, event.streamId, event.flags, event.length]]);
      }
      const theirs = new Map<string, unknown[]>();
      for (const { s, d, fr } of reading.pk) {
        const key = `${s}/${d}`;
        theirs.set(key, [...(theirs.get(key) ?? []), ...fr.map((frame) => frame.slice(0, 4))]);
      }
      if (MORE_THAN_TSHARK.has(reading.path))
        expect([...ours.values()].flat().length).toBeGreaterThan([...theirs.values()].flat().length);
      else
        for (const [key, frames] of theirs) expect((ours.get(key) ?? []).slice(0, frames.length), key).toEqual(frames);
    },
  );
}

test("the command line prints them", () => {
  const run = (...args: string[]): string =>
    execFileSync(join(ROOT, "halfopen"), ["frames", ...args], { encoding: "utf8" });
  const out = run(
    join(DRAIN, "client.pcap"),
    "--keylog",
    join(DRAIN, "sslkeys.log"),
    "--format",
    "json",
    "--stream",
    "0",
  );
  const { frames } = JSON.parse(out).captures[0];
  expect(frames.length).toBeGreaterThan(0);
  expect(new Set(frames.map(({ stream }: { stream: number }) => stream))).toEqual(new Set([0]));
  expect(() => run(join(DRAIN, "client.pcap"), "--keylog", join(DRAIN, "nowhere"))).toThrow();
});
