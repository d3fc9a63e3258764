import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, createWriteStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { join, packetsOf, type TestPacket } from "../../tests/helpers/packets.ts";
import { Fault } from "../net/fault.ts";
import type { CaptureSummary } from "./batch.ts";
import { openSource } from "./evidence-source.ts";
import { type ReadLimits, readBytes } from "./read-bytes.ts";
import { readCapture } from "./read-capture.ts";
import { PcapWriter } from "./write-pcap.ts";

const folder = mkdtempSync(joinPath(tmpdir(), "halfopen-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(bytes: Uint8Array, name = `capture-${files++}`): string {
  const path = joinPath(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Packets of growing sizes with bytes that do not compress to nothing. */
function capture(count: number, size: (i: number) => number = (i) => i % 1500, snapLength = 262_144): Uint8Array {
  let state = 1;
  const packets = Array.from({ length: count }, (_, i) => {
    const packet = new Uint8Array(size(i));
    for (let at = 0; at < packet.length; at++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      packet[at] = state >> 16;
    }
    return { time: 1_700_000_000_000_000_000n + BigInt(i) * 999_999_937n, packet };
  });
  return PcapWriter.file(1, packets, snapLength);
}

function rewritten(packets: readonly TestPacket[]): Uint8Array {
  return PcapWriter.file(
    1,
    packets.map(({ time, bytes }) => ({ time, packet: bytes })),
  );
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Reading {
  readonly packets: TestPacket[];
  readonly summary: CaptureSummary;
  readonly kinds: readonly string[];
}

async function read(path: string, limits?: ReadLimits): Promise<Reading> {
  const source = await openSource(path);
  try {
    const packets: TestPacket[] = [];
    const onBatch = (batch: Parameters<typeof packetsOf>[0]): void => {
      packets.push(...packetsOf(batch));
    };
    const summary = await readCapture(source, limits === undefined ? { onBatch } : { onBatch, limits });
    return { packets, summary, kinds: summary.problems.map((problem) => problem.kind) };
  } finally {
    source.close();
  }
}

const CAPTURE = capture(3000);

test("what the writer wrote is read back, to the nanosecond", async () => {
  const { packets, summary, kinds } = await read(fileOf(CAPTURE));
  expect(kinds).toEqual([]);
  expect(packets.length).toBe(3000);
  expect(packets.map((packet) => packet.number)).toEqual(packets.map((_, i) => i + 1));
  expect(packets[2999]?.time).toBe(1_700_000_000_000_000_000n + 2999n * 999_999_937n);
  expect(digest(rewritten(packets))).toBe(digest(CAPTURE));
  expect(summary).toMatchObject({ format: "pcap", compression: "none", from: 0, to: 2999 * 999_999_937 });
  expect(summary.fileBytes).toBe(CAPTURE.length);
});

test("packets larger than a chunk", async () => {
  const large = capture(5, (i) => (i % 2 === 0 ? 900_000 : 10), 1_000_000);
  const { packets, kinds } = await read(fileOf(large));
  expect(kinds).toEqual([]);
  expect(packets.map((packet) => packet.bytes.length)).toEqual([900_000, 10, 900_000, 10, 900_000]);
});

test("progress ends at the size of the file", async () => {
  const source = await openSource(fileOf(CAPTURE));
  const seen: Array<readonly [number, number | undefined]> = [];
  await readCapture(source, { onBatch: () => {}, onProgress: (at, of) => seen.push([at, of]) });
  source.close();
  expect(seen.at(-1)).toEqual([CAPTURE.length, CAPTURE.length]);
  expect(seen.length).toBeGreaterThan(1);
});

describe.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const)("%s", (compression, pack) => {
  const packed = pack(CAPTURE);

  test("reads the same packets, again and again", async () => {
    const plain = await read(fileOf(CAPTURE));
    const path = fileOf(packed);
    for (let time = 0; time < 2; time++) {
      const { packets, summary, kinds } = await read(path);
      expect(kinds).toEqual([]);
      expect(digest(rewritten(packets))).toBe(digest(rewritten(plain.packets)));
      expect(summary.compression).toBe(compression);
      expect(summary.fileBytes).toBe(packed.length);
    }
  });

  test("members that follow each other are one file", async () => {
    const parts = [0, 1000, 400_000, 1_000_001, CAPTURE.length];
    const members = parts.slice(1).map((end, i) => pack(CAPTURE.subarray(parts[i], end)));
    const { packets, kinds } = await read(fileOf(join(...members)));
    expect(kinds).toEqual([]);
    expect(packets.length).toBe(3000);
  });

  test("a truncated file gives what was read", async () => {
    const { packets, kinds } = await read(fileOf(packed.subarray(0, packed.length / 2)));
    expect(kinds).toContain("cut-short");
    expect(packets.length).toBeGreaterThan(1000);
    expect(packets.length).toBeLessThan(3000);
  });

  test("bytes after the end are named and lose nothing", async () => {
    const { packets, kinds } = await read(fileOf(join(packed, new TextEncoder().encode("trailing words"))));
    expect(kinds).toEqual(["trailing-bytes"]);
    expect(packets.length).toBe(3000);
  });

  test("zero padding after the end is nothing", async () => {
    const { packets, kinds } = await read(fileOf(join(packed, new Uint8Array(5000))));
    expect(kinds).toEqual([]);
    expect(packets.length).toBe(3000);
  });

  test("damage in the middle gives what lies before it", async () => {
    const damaged = new Uint8Array(packed);
    damaged.fill(0xff, damaged.length / 2, damaged.length / 2 + 2000);
    const { packets, kinds } = await read(fileOf(damaged));
    expect(packets.length).toBeGreaterThan(0);
    if (compression === "gzip") expect(kinds).toContain("damaged");
  });

  test("a file that inflates without end is left", async () => {
    const empty = PcapWriter.file(1, [{ time: 1n, packet: new Uint8Array(200_000) }]);
    const bomb = pack(join(empty, ...new Array<Uint8Array>(50).fill(empty.subarray(24))));
    const byRatio = await read(fileOf(bomb), { ratio: 20, ratioFromBytes: 1_000_000 });
    expect(byRatio.kinds).toContain("inflates-too-far");
    expect(byRatio.packets.length).toBeLessThan(51);
    const bySize = await read(fileOf(bomb), { inflatedBytes: 3_000_000 });
    expect(bySize.kinds).toContain("inflates-too-far");
    const allowed = await read(fileOf(bomb));
    expect(allowed.kinds).toEqual([]);
    expect(allowed.packets.length).toBe(51);
  });

  test("text inside is recognised and read", async () => {
    const line = "I1120 15:19:40.096329 node lost\n";
    const source = await openSource(fileOf(pack(Buffer.from(line.repeat(1000)))));
    expect([source.kind, source.compression]).toEqual(["text", compression]);
    const parts: Buffer[] = [];
    expect(await readBytes(source, (bytes) => parts.push(Buffer.from(bytes)) > 0)).toBeUndefined();
    expect(Buffer.concat(parts).toString()).toBe(line.repeat(1000));
    source.close();
  });

  test("zeros are no capture", async () => {
    const source = await openSource(fileOf(pack(new Uint8Array(10_000_000))));
    expect(source.kind).toBe("unknown");
    await expect(readCapture(source, { onBatch: () => {} })).rejects.toMatchObject({ code: "not-a-capture" });
    source.close();
  });
});

async function faultOf(path: string): Promise<Fault> {
  try {
    const source = await openSource(path);
    source.close();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("opened");
}

test("a missing file, a directory and a hostile name", async () => {
  expect((await faultOf(joinPath(folder, "missing.pcap"))).code).toBe("no-such-file");
  expect((await faultOf(folder)).code).toBe("is-a-directory");
  expect((await faultOf("a\0b")).code).toBe("bad-file-name");
  const hostile = await faultOf(joinPath(folder, "\u001b[31mred\u202e"));
  expect(hostile.message).toContain("\\u{1b}[31mred\\u{202e}");
  expect(hostile.message).not.toContain("\u001b");
});

test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("a file without permission", async () => {
  const path = fileOf(CAPTURE);
  chmodSync(path, 0);
  expect((await faultOf(path)).code).toBe("no-permission");
});

test.skipIf(process.platform === "win32")("a device is refused, since it may never end", async () => {
  expect((await faultOf("/dev/zero")).code).toBe("is-a-device");
});

test.skipIf(process.platform === "win32")("a pipe of nonsense is not kept", async () => {
  const path = joinPath(folder, "nonsense");
  execFileSync("mkfifo", [path]);
  const writer = createWriteStream(path);
  writer.on("error", () => {});
  writer.write(new Uint8Array(8_000_000).fill(3));
  const source = await openSource(path);
  expect(source.kind).toBe("unknown");
  expect(source.size).toBeLessThan(8_000_000);
  source.close();
  writer.destroy();
});

test("an empty file is empty", async () => {
  const source = await openSource(fileOf(new Uint8Array(0)));
  expect(source.kind).toBe("empty");
  source.close();
});

test("a name says nothing about the content", async () => {
  const source = await openSource(fileOf(CAPTURE, "really.log.gz"));
  expect([source.kind, source.compression]).toEqual(["pcap", "none"]);
  source.close();
});

test.skipIf(process.platform === "win32")(
  "a named pipe is kept and can be read twice, and nothing stays behind",
  async () => {
    const path = joinPath(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const spools = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith("halfopen-") && !name.startsWith("halfopen-test-"));
    const before = spools();
    const writer = createWriteStream(path);
    writer.end(CAPTURE);
    const source = await openSource(path);
    expect(source.kind).toBe("pcap");
    expect(source.size).toBe(CAPTURE.length);
    for (let time = 0; time < 2; time++) {
      const summary = await readCapture(source, { onBatch: () => {} });
      expect(summary.packets).toBe(3000);
    }
    source.close();
    source.close();
    expect(spools()).toEqual(before);
  },
);

test("a file that grows while it is open is read as far as it goes", async () => {
  const path = fileOf(CAPTURE.subarray(0, 100_000));
  const source = await openSource(path);
  appendFileSync(path, CAPTURE.subarray(100_000));
  expect((await readCapture(source, { onBatch: () => {} })).packets).toBe(3000);
  source.close();
});
