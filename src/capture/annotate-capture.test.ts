import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { captureKinds, type PcapngBlocks, pcapngBlocks } from "../../tests/helpers/capture-kinds.ts";
import { fc } from "../../tests/helpers/fast-check.ts";
import { integer, join, packetsOf, type TestPacket } from "../../tests/helpers/packets.ts";
import { Fault } from "../net/fault.ts";
import { type Annotated, type AnnotateOptions, annotateCapture } from "./annotate-capture.ts";
import { LINK_NONE } from "./batch.ts";
import { openSource } from "./evidence-source.ts";
import type { PacketNote } from "./packet-note.ts";
import { PcapngClock } from "./pcapng-clock.ts";
import { visitOptions } from "./pcapng-options.ts";
import { readCapture } from "./read-capture.ts";

const folder = mkdtempSync(joinPath(tmpdir(), "halfopen-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const freshName = (): string => joinPath(folder, `file-${files++}`);

function fileOf(bytes: Uint8Array): string {
  const path = freshName();
  writeFileSync(path, bytes);
  return path;
}

async function annotated(
  bytes: Uint8Array,
  notes: Iterable<PacketNote> = [],
  options: AnnotateOptions = {},
): Promise<Annotated> {
  const source = await openSource(fileOf(bytes));
  try {
    return await annotateCapture(source, notes, freshName(), options);
  } finally {
    source.close();
  }
}

interface Reading {
  readonly packets: TestPacket[];
  readonly kinds: readonly string[];
  readonly secrets: readonly Uint8Array[];
  readonly about: Readonly<Record<string, string>>;
}

async function read(path: string): Promise<Reading> {
  const source = await openSource(path);
  const packets: TestPacket[] = [];
  try {
    const summary = await readCapture(source, { onBatch: (batch) => packets.push(...packetsOf(batch)) });
    const kinds = summary.problems.map(({ kind }) => kind);
    return { packets, kinds, secrets: summary.secrets, about: summary.about };
  } finally {
    source.close();
  }
}

interface Block {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
}

/** The blocks of a whole pcapng file, taken apart by their lengths alone. */
function blocksOf(bytes: Uint8Array): Block[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Block[] = [];
  let littleEndian = true;
  for (let at = 0; at < bytes.length; ) {
    if (view.getUint32(at, true) === 0x0a0d0d0a) littleEndian = view.getUint32(at + 8, true) === 0x1a2b3c4d;
    const length = view.getUint32(at + 4, littleEndian);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, littleEndian)).toBe(length);
    blocks.push({
      type: view.getUint32(at, littleEndian),
      bytes: Uint8Array.from(bytes.subarray(at, at + length)),
      littleEndian,
    });
    at += length;
  }
  return blocks;
}

/** Options of a block behind its fixed part, as `code: value`. */
function optionsOf({ type, bytes, littleEndian }: Block): string[] {
  const view = new DataView(bytes.buffer);
  const section = type === 0x0a0d0d0a;
  const fixed = section ? 24 : type === 6 ? 28 + ((view.getUint32(20, littleEndian) + 3) & ~3) : 16;
  const found: string[] = [];
  visitOptions(view, { from: fixed, end: bytes.length - 4, littleEndian }, (code, at, length) => {
    const value = bytes.subarray(at, at + length);
    found.push(
      `${code}: ${code === 1 || (section && code === 4) ? new TextDecoder().decode(value) : Buffer.from(value).toString("hex")}`,
    );
  });
  return found;
}

const blocksIn = (path: string): Block[] => blocksOf(readFileSync(path));
const optionsIn = (path: string, type: number): string[][] =>
  blocksIn(path)
    .filter((block) => block.type === type)
    .map(optionsOf);

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const DATA = Uint8Array.of(1, 2, 3, 4, 5);

/** Records without a link type keep their number; the copy has to call their link something. */
const comparable = (packets: readonly TestPacket[]): TestPacket[] =>
  packets.map((packet) => (packet.linkType === LINK_NONE ? { ...packet, linkType: 147 } : packet));

describe.each([...captureKinds()])("%s", (_name, bytes) => {
  test("without notes, the copy has the same packets, and so has its copy", async () => {
    const before = await read(fileOf(bytes));
    const once = await annotated(bytes);
    const after = await read(once.file);
    expect(after.packets).toEqual(comparable(before.packets));
    expect(once).toMatchObject({ comments: 0, notPlaced: 0, packets: before.packets.length });
    expect(once.bytes).toBe(statSync(once.file).size);
    expect(once.problems.map(({ kind }) => kind)).toEqual(before.kinds);
    expect(after.kinds.filter((kind) => !before.kinds.includes(kind))).toEqual([]);
    const twice = await annotated(readFileSync(once.file), [], { keepSecrets: true });
    expect(blocksIn(twice.file).slice(1)).toEqual(blocksIn(once.file).slice(1));
  });

  test("with notes on every packet, the packets are the same and each has its comments", async () => {
    const before = await read(fileOf(bytes));
    const notes = before.packets.flatMap(({ number }) => [
      { packet: number, text: `first of ${number}` },
      { packet: number, text: `second of ${number}` },
    ]);
    const done = await annotated(bytes, notes, { comment: "LOST\nby the server", application: "halfopen 1" });
    const after = await read(done.file);
    expect(after.packets).toEqual(comparable(before.packets));
    expect(done).toMatchObject({ comments: notes.length, notPlaced: 0 });
    const comments = optionsIn(done.file, 6).map((options) =>
      options.filter((option) => /: (first|second)/.test(option)),
    );
    expect(comments).toEqual(before.packets.map(({ number: n }) => [`1: first of ${n}`, `1: second of ${n}`]));
    expect(optionsIn(done.file, 0x0a0d0d0a)[0]?.[0]).toBe("1: LOST\nby the server");
    expect(after.about.application).toMatch(/^(halfopen 1|dumpcap)$/);
    // A second time, what is said already is not said again.
    const again = await annotated(readFileSync(done.file), notes);
    expect(again).toMatchObject({ comments: 0, notPlaced: notes.length });
  });
});

const SECTION_COUNT = "1: Blocks of decryption secrets left out of this copy: ";

describe.each([true, false])("pcapng, little-endian: %s", (littleEndian) => {
  const ng: PcapngBlocks = pcapngBlocks(littleEndian);

  test("only section headers and noted packets are written anew", async () => {
    const { u32, option } = ng;
    const parts = [
      ng.section(option(4, text("dumpcap"))),
      ng.interface(1, 96, option(2, text("eth0"))),
      ng.enhanced(0, 1n, DATA, option(1, text("kept")), option(0x8bad, u32(7)), new Uint8Array(4)),
      ng.block(0x7777, text("who knows")),
      ng.block(0x40000bad, join(u32(1234), text("own"))),
      ng.enhanced(0, 2n, DATA),
      ng.section(new Uint8Array(0), 5000),
      ng.interface(113),
      ng.enhanced(0, 3n, DATA),
    ];
    const notes = [
      { packet: 2, text: "a custom block has no room" },
      { packet: 1, text: "new" },
      { packet: 99, text: "no such packet" },
      { packet: 0, text: "nor this" },
    ];
    const done = await annotated(join(...parts), notes);
    expect(done).toMatchObject({ comments: 1, notPlaced: 3 });
    const blocks = blocksIn(done.file);
    expect(blocks.length).toBe(parts.length);
    const same = blocks.map(({ bytes }, i) => Buffer.from(bytes).equals(parts[i] ?? DATA));
    expect(same).toEqual([false, true, false, true, true, true, false, true, true]);
    expect(optionsOf(blocks[2] as Block)).toEqual(["1: new", "1: kept", expect.stringMatching(/^35757: /)]);
    expect(optionsOf(blocks[0] as Block)).toEqual([`${SECTION_COUNT}0       `, "4: dumpcap"]);
    expect(blocks[6]?.bytes).toEqual(ng.section());
  });

  test("simple and old packets become enhanced ones only where they are noted, and that is said", async () => {
    const bytes = join(
      ng.section(),
      ng.interface(1, 4),
      ng.simple(DATA.subarray(0, 4)),
      ng.enhanced(0, 1_700_000_000_000_001n, DATA),
      ng.simple(DATA.subarray(0, 4)),
      ng.old(0, 3, 1_700_000_000_000_002n, DATA, ng.option(2, ng.u32(1))),
      ng.old(0, 3, 1_700_000_000_000_002n, DATA),
    );
    const done = await annotated(bytes, [
      { packet: 1, text: "no packet before it has a time to give" },
      { packet: 3, text: "simple" },
      { packet: 4, text: "old" },
    ]);
    expect(done).toMatchObject({ comments: 2, notPlaced: 1 });
    const packets = blocksIn(done.file).slice(2);
    expect(packets.map(({ type }) => type)).toEqual([3, 6, 6, 6, 2]);
    expect(optionsOf(packets[2] as Block)).toEqual(["1: simple", expect.stringContaining("Simple Packet Block")]);
    const drops = Buffer.from(integer(3, 8, littleEndian)).toString("hex");
    const flags = Buffer.from(ng.u32(1)).toString("hex");
    const converted = optionsOf(packets[3] as Block);
    expect(converted).toEqual([
      "1: old",
      expect.stringContaining("obsolete Packet Block"),
      `4: ${drops}`,
      `2: ${flags}`,
    ]);
    expect((await read(done.file)).packets).toEqual((await read(fileOf(bytes))).packets);
  });

  test("decryption secrets are left out and counted, or kept when told so", async () => {
    const secrets = ng.secrets(text("CLIENT_RANDOM 00 11"));
    const parts = [ng.section(), secrets, ng.interface(1), ng.enhanced(0, 1n, DATA), secrets, ng.enhanced(0, 2n, DATA)];
    const without = await annotated(join(...parts));
    expect(without.secretsLeftOut).toBe(2);
    expect(readFileSync(without.file).includes("CLIENT_RANDOM")).toBe(false);
    expect(optionsIn(without.file, 0x0a0d0d0a)).toEqual([[`${SECTION_COUNT}2       `]]);
    const kept = await annotated(join(...parts), [], { keepSecrets: true });
    expect(kept.secretsLeftOut).toBe(0);
    expect(readFileSync(kept.file)).toEqual(Buffer.from(join(...parts)));
  });

  test("secrets too large to be held are left out too", async () => {
    const length = 20 * 1024 * 1024;
    const huge = new Uint8Array(length).fill(0x53);
    huge.set(join(ng.u32(10), ng.u32(length)));
    huge.set(ng.u32(length), length - 4);
    const head = join(ng.section(), ng.interface(1), ng.enhanced(0, 1n, DATA));
    const file = Buffer.concat([head, huge, ng.enhanced(0, 2n, DATA)]);
    const done = await annotated(file);
    expect(done).toMatchObject({ secretsLeftOut: 1, packets: 2 });
    expect(blocksIn(done.file).map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 6, 6]);
    const kept = await annotated(file, [], { keepSecrets: true });
    expect(readFileSync(kept.file).equals(file)).toBe(true);
  });

  test("what lies behind damage is not copied", async () => {
    const good = [ng.section(), ng.interface(1), ng.enhanced(0, 1n, DATA)];
    const secrets = ng.secrets(text("CLIENT_RANDOM 00 11"));
    const done = await annotated(join(...good, ng.enhanced(7, 1n, DATA), secrets));
    expect(done.problems.map(({ kind }) => kind)).toEqual(["damaged"]);
    expect(
      blocksIn(done.file)
        .slice(1)
        .map(({ bytes }) => bytes),
    ).toEqual(good.slice(1));
  });

  test("a capture of which nothing could be read becomes one without packets", async () => {
    const done = await annotated(ng.section().fill(9, 12, 14), [{ packet: 1, text: "lost" }], { comment: "c" });
    expect(done).toMatchObject({ packets: 0, comments: 0, notPlaced: 1, problems: [{ kind: "unsupported-version" }] });
    expect(optionsIn(done.file, 0x0a0d0d0a)).toEqual([["1: c"]]);
  });

  test("a length that forgets the padding is put right where a comment is added", async () => {
    const body = join(ng.u32(0), ng.u32(0), ng.u32(1), ng.u32(5), ng.u32(5), DATA);
    const stated = ng.u32(body.length + 12);
    const odd = [join(ng.u32(6), stated, body, [0, 0, 0], stated), join(ng.u32(6), stated, body, stated)];
    for (const block of odd) {
      const bytes = join(ng.section(), ng.interface(1), block, block);
      const notes = [1, 2].map((packet) => ({ packet, text: "odd" }));
      const done = await annotated(bytes, notes);
      expect(optionsIn(done.file, 6)).toEqual([["1: odd"], ["1: odd"]]);
      expect((await read(done.file)).packets).toEqual((await read(fileOf(bytes))).packets);
    }
  });

  test("any blocks and any notes: the same packets, a whole file, no secret", async () => {
    const known = fc.constantFrom(1, 2, 3, 4, 5, 6, 9, 10, 0xbad, 0x0a0d0d0a);
    const odd = fc.tuple(known, fc.uint8Array({ maxLength: 60 })).map(([type, body]) => ng.block(type, body));
    const packet = fc
      .tuple(fc.nat(1), fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 12 }))
      .map(([id, bytes, options]) => ng.enhanced(id, 77n, bytes, options));
    const secret = fc.constant(ng.secrets(text("CLIENT_RANDOM")));
    const section = fc.constant(ng.section(ng.option(1, text("again")), 88));
    const any = fc.array(fc.oneof(odd, packet, packet, secret, section, fc.uint8Array({ maxLength: 40 })), {
      maxLength: 8,
    });
    const noted = fc.array(fc.record({ packet: fc.integer({ min: -1, max: 9 }), text: fc.string({ unit: "binary" }) }));
    await fc.assert(
      fc.asyncProperty(any, noted, async (parts, notes) => {
        const bytes = join(ng.section(), ng.interface(1), ng.interface(113), ...parts);
        const before = await read(fileOf(bytes));
        const done = await annotated(bytes, notes, { comment: "c" });
        const after = await read(done.file);
        expect(after.packets).toEqual(before.packets);
        expect(after.secrets).toEqual([]);
        expect(after.kinds).not.toContain("damaged");
        const again = await annotated(readFileSync(done.file), [], { keepSecrets: true });
        expect(readFileSync(again.file)).toEqual(readFileSync(done.file));
      }),
      { numRuns: 150 },
    );
  });
});

test("nanoseconds survive a clock that jumps by decades", async () => {
  const record = (seconds: number, nanos: number): Uint8Array =>
    join(...[seconds, nanos, 5, 5].map((n) => integer(n, 4, true)), DATA);
  const header = join(
    integer(0xa1b23c4d, 4, true),
    [2, 0, 4, 0],
    new Uint8Array(8),
    integer(96, 4, true),
    [1, 0, 0, 0],
  );
  const done = await annotated(
    join(header, record(0, 0), record(1_795_187_971, 286_447_001), record(0xffffffff, 999_999_999)),
  );
  const stamps = blocksIn(done.file)
    .filter(({ type }) => type === 6)
    .map(({ bytes }) => new DataView(bytes.buffer))
    .map((view) => (BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true)));
  expect(stamps).toEqual([0n, 1_795_187_971_286_447_001n, 4_294_967_295_999_999_999n]);
});

test("a frame check sequence that a pcap header tells of is told of the interface", async () => {
  const header = join(integer(0xa1b2c3d4, 4, true), [2, 0, 4, 0], new Uint8Array(8), [96, 0, 0, 0, 1, 0, 0, 0x24]);
  const { file } = await annotated(header);
  expect(optionsIn(file, 1)).toEqual([["9: 06", "13: 20"]]);
});

test.each([
  [6, 0n],
  [9, 0n],
  [3, -5n],
  [12, 1_000n],
  [0x80 | 20, 7n],
  [0x80 | 40, 0n],
])("a clock of resolution %i gives the stamp of its own instants", (resolution, offset) => {
  const clock = new PcapngClock(resolution, offset);
  for (const ticks of [0n, 1n, 999_999n, 1_700_000_000_123n, (1n << 52n) + 12_345n]) {
    const instant = clock.instant(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
    const { high, low } = clock.stamp(instant);
    expect(clock.instant(high, low)).toBe(instant);
  }
  expect(clock.stamp(offset * 1_000_000_000n - 1n)).toEqual({ high: 0, low: 0 });
});

describe("comments", () => {
  const [, pcap = DATA] = [...captureKinds()][0] ?? [];

  test("are safe to print", async () => {
    const hostile = "\u001b[31mred\u202e\n\ud800 \u0000";
    const { file } = await annotated(pcap, [{ packet: 2, text: hostile }], { comment: hostile, application: hostile });
    const safe = "\\u{1b}[31mred\\u{202e}\n\\u{d800} \\u{0}";
    expect(optionsIn(file, 6)[1]).toEqual([`1: ${safe}`]);
    expect(optionsIn(file, 0x0a0d0d0a)[0]).toEqual([`1: ${safe}`, `4: ${safe}`]);
  });

  test("of any length fit their option, and whole characters are kept", async () => {
    const long = "→".repeat(100_000);
    const { file } = await annotated(pcap, [{ packet: 1, text: long }], { comment: long });
    const [comment = ""] = optionsIn(file, 0x0a0d0d0a)[0] ?? [];
    expect(comment).toMatch(/^1: →+…$/);
    expect((await read(file)).packets).toEqual((await read(fileOf(pcap))).packets);
  });

  test("of a packet are bounded", async () => {
    const notes = Array.from({ length: 10_000 }, (_, i) => ({ packet: 1, text: `note ${i} ${"x".repeat(100)}` }));
    const done = await annotated(pcap, notes);
    expect(done.comments + done.notPlaced).toBe(10_000);
    expect(done.comments).toBeGreaterThan(100);
    expect((await read(done.file)).kinds).toEqual([]);
  });
});

describe("files", () => {
  const [, pcap = DATA] = [...captureKinds()][0] ?? [];

  async function codeOf(path: string, out: string, options: AnnotateOptions = {}): Promise<string> {
    const source = await openSource(path);
    try {
      await annotateCapture(source, [], out, options);
      return "written";
    } catch (error) {
      if (error instanceof Fault) return error.code;
      throw error;
    } finally {
      source.close();
    }
  }

  test("one that is there stays, unless told otherwise", async () => {
    const path = fileOf(pcap);
    const out = fileOf(text("precious"));
    expect(await codeOf(path, out)).toBe("file-exists");
    expect(readFileSync(out, "utf8")).toBe("precious");
    expect(await codeOf(path, out, { force: true })).toBe("written");
    expect((await read(out)).packets.length).toBe(4);
  });

  test.skipIf(process.platform === "win32")("the capture itself is never replaced, whatever it is called", async () => {
    const path = fileOf(pcap);
    const names = [freshName(), freshName()] as const;
    linkSync(path, names[0]);
    symlinkSync(path, names[1]);
    for (const out of [path, ...names]) {
      expect(await codeOf(path, out)).toBe("file-exists");
      expect(await codeOf(path, out, { force: true })).toBe("would-overwrite-input");
    }
    expect(readFileSync(path)).toEqual(Buffer.from(pcap));
  });

  test("what is no capture leaves nothing behind", async () => {
    const before = readdirSync(folder).length;
    expect(await codeOf(fileOf(text("words\n")), freshName())).toBe("not-a-capture");
    expect(readdirSync(folder).length).toBe(before + 1);
    expect(await codeOf(fileOf(pcap), joinPath(folder, "nowhere", "out"))).toBe("no-such-file");
  });
});
