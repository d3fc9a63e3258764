import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { claimsOf, packetEvidenceOf } from "../../../tests/helpers/claims.ts";
import { sceneOfTrace } from "../../../tests/helpers/trace.ts";
import { serverOf } from "../../flow/flow.ts";
import type { Finding } from "../signature.ts";
import { signature } from "./signature.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.trace`), "utf8");
const detect = (text: string): Finding[] => signature.detect(sceneOfTrace(text));

/** `kind server symptom: evidence`. */
function told(finding: Finding): string {
  const [trail] = finding.trails;
  const server = trail === undefined ? "" : serverOf(trail.flow).address;
  return `${finding.variant} ${server} ${finding.symptoms[0]}: ${packetEvidenceOf(finding)
    .map((e) => e.packet)
    .join(",")}`;
}

test.each([
  ["match", ["reset 10.7.9.9 connection-reset: 2,4,6"]],
  ["lost-ping", ["lost-ping 10.7.9.9 lost-ping: 10,12,15"]],
  [
    "kinds",
    [
      "reset 10.7.9.1 connection-reset: 2,4,6",
      "closed-unanswered 10.7.9.2 unexpected-eof: 8,10,12",
      "unanswered 10.7.9.3 request-timeout: 18,19,20,23",
      "keepalive-unanswered 10.7.9.4 request-timeout: 28,33,34,36",
      "connect 10.7.9.5 connect-timeout: 30,31,32",
      "reset 10.7.9.6 connection-reset: 43,44,45",
    ],
  ],
  ["near-miss", []],
])("%s: %s", (name, expected) => {
  const scene = sceneOfTrace(read(name));
  expect(scene.vantages[0]?.trails.length).toBeGreaterThan(0);
  const findings = signature.detect(scene);
  expect(findings.map(told)).toEqual(expected);
  for (const finding of findings) {
    expect(finding.confidence).toBe("possible");
    expect(finding.summary).toMatch(/Still possible: [a-z-]+ \(/);
    expect(finding.next).toMatch(/Capture on .*: tcpdump -ni any -s 128 -w evidence\.pcap '.+'/);
    expect(finding.ruledOut.length).toBeGreaterThan(0);
  }
});

describe("what is not a loss", () => {
  test.each([
    ["one repeated packet at the end", /^\+0\.600 talker|^\+1\.200 talker|^\+2\.400 talker/, "10.7.9.3"],
    ["repetitions for less than a few seconds", /^\+2\.400 talker|^\+1\.200 talker/, "10.7.9.3"],
    ["one SYN without an answer", /^21\.02 {2}dialer|^23\.04 {2}dialer/, "10.7.9.5"],
    ["a keepalive probe or two", /^27\.00 {2}prober|^29\.00 {2}prober/, "10.7.9.4"],
  ])("%s", (_name, lines, server) => {
    const text = read("kinds")
      .split("\n")
      .filter((line) => !lines.test(line))
      .join("\n");
    expect(text).not.toBe(read("kinds"));
    expect(
      detect(text)
        .map(told)
        .filter((line) => line.includes(server)),
    ).toEqual([]);
  });

  test("a SYN that was answered at last", () => {
    const text = read("kinds").replace(
      "25.00  prober",
      "24.00 dark > dialer SYN,ACK\n+0.0001 dialer > dark ACK\n25.00  prober",
    );
    expect(
      detect(text)
        .map(told)
        .filter((line) => line.startsWith("connect")),
    ).toEqual([]);
  });

  test("a scan of many ports", () => {
    const ends = Array.from({ length: 40 }, (_, i) => `c${i} = 10.7.0.3:${50_000 + i}\ns${i} = 10.7.9.5:${i + 1}`);
    const syns = Array.from({ length: 40 }, (_, i) => `c${i} > s${i} SYN`);
    const lines = [...syns.map((s, i) => `${1 + i / 100} ${s}`), ...syns.map((s, i) => `${2 + i / 100} ${s}`)];
    expect(detect([...ends, ...lines].join("\n"))).toEqual([]);
  });
});

test("many alike are told within a bound, and the others are counted", () => {
  const ends = Array.from({ length: 90 }, (_, i) => `c${i} = 10.7.0.3:${50_000 + i}`);
  const lines = [0, 1, 3].flatMap((t) => Array.from({ length: 90 }, (_, i) => `${t + i / 1000} c${i} > s SYN`));
  const findings = detect([...ends, "s = 10.7.9.5:80", ...lines].join("\n"));
  expect(findings.length).toBe(64);
  expect(findings.map(({ beyond = 0 }) => beyond).reduce((a, b) => a + b)).toBe(90 - 64);
});

test("names the end that was not captured", () => {
  const client = read("match");
  const server = client
    .replace("== client", "== server server.ttl=64 client.ttl=62")
    .replace("rtt=0.020", "rtt=0.00001 back=0.020");
  const next = (text: string) => detect(text).map((f) => f.next);
  expect(next(client)).toEqual([expect.stringContaining("the server's own host (10.7.9.9")]);
  expect(next(server)).toEqual([expect.stringContaining("the client's own host (10.7.0.3")]);
  expect(next(`${client}\n${server.slice(server.indexOf("=="))}`)).toEqual([
    expect.stringContaining("machines in between"),
  ]);
});

test.each([
  [
    "from-logs",
    [
      "log-go-client-connection-lost possible : kube-controller-manager.log:1",
      "log-connection-reset possible ? > 10.0.7.9:80: client.log:1",
      "log-dial-timeout possible ? > 10.0.7.10:443: client.log:3",
    ],
  ],
  [
    "nodes-and-counts",
    ["log-node-not-ready possible : kube-controller-manager.log:1", "metric-resets possible : cloudwatch.json:1"],
  ],
])("%s: what logs do not decide", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
  for (const finding of detect(read(name))) {
    expect(finding.summary).toMatch(/Still possible: [a-z-]+/);
    expect(finding.next).toMatch(/tcpdump .+'.+'/);
  }
});

test("the next step names the address and port of the log", () => {
  const [, reset] = detect(read("from-logs"));
  expect(reset?.next).toContain("tcpdump -ni any -s 128 -w evidence.pcap '(host 10.0.7.9 and tcp port 80) or icmp'");
});
