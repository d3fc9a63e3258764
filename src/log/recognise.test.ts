import { expect, test } from "vitest";
import { fixture, readWhole } from "../../tests/helpers/log-entries.ts";
import { recogniseLog } from "./recognise.ts";

test.each([
  ["http2debug-collision.log", "messages"],
  ["http2debug-lost-ping.log", "messages"],
  ["grpc-go.log", "messages"],
  ["go-server.log", "messages"],
  ["java-errors.log", "messages"],
  ["python-errors.log", "messages"],
  ["node-errors.log", "messages"],
  ["nginx-error.log", "nginx-error"],
  ["nginx-access-combined.log", "access-log"],
  ["nginx-access-extended.log", "access-log"],
  ["haproxy.log", "haproxy"],
  ["curl-rejected.log", "curl"],
  ["curl-expired-certificate.log", "curl"],
  ["curl-trace-time.log", "curl"],
  ["nstat-az.txt", "nstat"],
  ["proc-net-netstat.txt", "proc-netstat"],
  ["ss-tin.txt", "ss"],
  ["ss-tan.txt", "ss"],
  ["conntrack-L.txt", "conntrack"],
  ["conntrack-S.txt", "conntrack-statistics"],
  ["sysctl-a.txt", "sysctl"],
])("%s is %s, by content", (name, format) => {
  const { reader } = readWhole(fixture(name));
  expect(reader.recognition?.format).toBe(format);
});

test("a novel is a log of no known form, and all its lines are kept", () => {
  const { entries, reader } = readWhole("It was a dark\nand stormy night.\n");
  expect(reader.recognition).toEqual({ format: "messages", score: 0 });
  expect(reader.counts).toEqual({ lines: 2, parsed: 0, text: 2 });
  expect(entries.map((e) => e.content)).toEqual([
    { kind: "text", text: "It was a dark" },
    { kind: "text", text: "and stormy night." },
  ]);
});

test("a key log is recognised, and nothing of its secrets is in the entries", () => {
  const secret = "ab".repeat(32);
  const lines = ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_RANDOM", "SERVER_TRAFFIC_SECRET_0"].map(
    (label) => `${label} ${"01".repeat(32)} ${secret}`,
  );
  const { entries, reader } = readWhole(["# SSL/TLS secrets log file", ...lines, ""].join("\n"));
  expect(reader.recognition?.format).toBe("keylog");
  expect(entries.filter((e) => e.content.kind === "keylog")).toHaveLength(3);
  expect(JSON.stringify(entries)).not.toContain(secret);
});

test.each([
  ["alone", ""],
  ["behind a date", "2026/11/20 15:19:31 "],
  ["in a container's log", "2026-11-20T15:19:31.5Z stderr F "],
])("a secret that strays into another log, %s, is not kept either, nor half of one", (_, before) => {
  const secret = "cd".repeat(32);
  const line = `${before}CLIENT_RANDOM ${"01".repeat(32)} ${secret}`;
  const { entries } = readWhole(
    `2026/11/20 15:19:31 started\n${line}\nbye\n${before}CLIENT_RANDOM ${secret.slice(0, 20)}`,
  );
  expect(entries.filter((e) => e.content.kind === "keylog")).toHaveLength(2);
  expect(JSON.stringify(entries.map((e) => e.content))).not.toContain("cdcd");
});

test("an empty list of lines has no form", () => {
  expect(recogniseLog([])).toEqual({ format: "messages", score: 0 });
});
