import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { fixture, readWhole } from "../../tests/helpers/log-entries.ts";
import type { LogEntry } from "./entry.ts";
import { logReader } from "./read-log.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Every line belongs to an entry, or its parser understood it; none is counted twice. */
function expectNothingLost(bytes: Uint8Array, chunk: number): readonly LogEntry[] {
  const reader = logReader();
  const entries: LogEntry[] = [];
  for (let at = 0; at < bytes.length; at += chunk) entries.push(...reader.push(bytes.subarray(at, at + chunk)));
  entries.push(...reader.end());
  const { lines, parsed, text } = reader.counts;
  expect(parsed + text).toBe(lines);
  expect(entries.filter((e) => e.content.kind === "text").reduce((sum, e) => sum + e.lines, 0)).toBe(text);
  for (const entry of entries) expect(entry.line + entry.lines - 1).toBeLessThanOrEqual(lines);
  return entries;
}

const SAMPLES = [
  "http2debug-lost-ping.log",
  "grpc-go.log",
  "node-errors.log",
  "python-errors.log",
  "java-errors.log",
  "nginx-error.log",
  "nginx-access-extended.log",
  "haproxy.log",
  "curl-trace-time.log",
  "nstat-az.txt",
  "proc-net-netstat.txt",
  "ss-tin.txt",
  "conntrack-L.txt",
  "conntrack-S.txt",
  "sysctl-a.txt",
];

describe("any bytes give entries and counts, never a throw", () => {
  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 300 }), (bytes, chunk) => {
        expectNothingLost(bytes, chunk);
      }),
    );
  });

  test("real logs with bytes changed, cut and repeated", () => {
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 12 }));
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), fc.array(change, { maxLength: 30 }), (name, changes) => {
        const bytes = Uint8Array.from(fixture(name).subarray(0, 12_000));
        for (const [where, put] of changes) bytes.set(put, Math.floor(where * (bytes.length - put.length)));
        expectNothingLost(bytes, 4096);
      }),
      { numRuns: 300 },
    );
  });

  test("lines of all forms, mixed", () => {
    const lines = SAMPLES.flatMap((name) => new TextDecoder().decode(fixture(name)).split("\n").slice(0, 30));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 120 }), (mixed) => {
        const bytes = bytesOf(mixed.join("\n"));
        const entries = expectNothingLost(bytes, 1000);
        for (let i = 1; i < entries.length; i++) {
          expect(entries[i]?.line ?? 0).toBeGreaterThanOrEqual(entries[i - 1]?.line ?? 0);
        }
      }),
    );
  });

  test("words of the formats, put together at random", () => {
    const words = [
      "http2: ",
      "Framer ",
      "read ",
      "GOAWAY",
      ' ping="',
      "\\x",
      "[",
      "]",
      '"',
      "{",
      "}",
      " - ",
      ": ",
      "->",
      "dial tcp ",
      "10.0.0.1:80",
      "[::1]:1",
      "2026/11/20 15:19:31 ",
      "I1120 15:19:31.123456       1 a.go:1] ",
      "tls 2.0 ",
      "src=",
      "cpu=1 ",
      "\t",
      "\r",
      "\0",
      "\u001b[31m",
      "Caused by: ",
      "Traceback (most recent call last):",
      "node:events:1",
      "\n",
      '{"MESSAGE":[1]}',
      "State Recv-Q Send-Q",
      "TcpExt: a b",
      "upstream: ",
      "__proto__:1",
      "err=",
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...words), { maxLength: 80 }),
        (parts) => void expectNothingLost(bytesOf(parts.join("")), 64),
      ),
      { numRuns: 500 },
    );
  });
});

test.each(SAMPLES)("%s reads the same however it is cut into chunks", (name) => {
  const whole = expectNothingLost(fixture(name), 1 << 20);
  expect(expectNothingLost(fixture(name), 7)).toEqual(whole);
});

test("CR LF, colours, NULs and bytes that are no UTF-8 are got over and counted", () => {
  const { entries, reader } = readWhole(
    Uint8Array.from([...bytesOf("\0\0\u001b[31m2026/11/20 15:19:31 one\u001b[0m\r\ntwo "), 0xff, 0xfe, 0x0a]),
  );
  expect(entries[0]).toMatchObject({ time: { kind: "partial" }, content: { kind: "message", text: "one" } });
  expect(reader.problems().map((p) => [p.kind, p.count])).toEqual([
    ["not-utf-8", 2],
    ["nul-bytes", 2],
  ]);
});

test("UTF-16 with a mark, as Windows writes", () => {
  const text = "\ufeff2026-11-20 15:19:31Z connection refused\r\n";
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) new DataView(bytes.buffer).setUint16(i * 2, text.charCodeAt(i), true);
  expect(expectNothingLost(bytes, 5)).toMatchObject([{ content: { kind: "failure", error: "refused" } }]);
});

test("a line without end is read in bounded time and memory, and said to be cut", () => {
  const reader = logReader();
  const chunk = bytesOf("2026/11/20 15:19:31 connection reset ".repeat(30_000));
  for (let i = 0; i < 40; i++) reader.push(chunk);
  const entries = reader.end();
  expect(reader.counts.lines).toBe(1);
  expect(reader.problems()).toMatchObject([{ kind: "long-line", count: expect.any(Number) }]);
  expect(JSON.stringify(entries, (_, v) => (typeof v === "bigint" ? `${v}` : v)).length).toBeLessThan(100_000);
});

test("a huge line that begins like JSON and is none costs no more than its start", () => {
  const { entries, reader } = readWhole(`{${"read tcp [::".repeat(500_000)}\n`);
  expect(reader.counts.lines).toBe(1);
  expect(entries[0]?.content).toMatchObject({ kind: "text" });
  expect(JSON.stringify(entries).length).toBeLessThan(20_000);
});

test("nothing at all", () => {
  const { entries, reader } = readWhole("");
  expect(entries).toEqual([]);
  expect(reader.counts).toEqual({ lines: 0, parsed: 0, text: 0 });
});
