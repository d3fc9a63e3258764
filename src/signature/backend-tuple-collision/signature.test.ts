import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { claimsOf, packetEvidenceOf } from "../../../tests/helpers/claims.ts";
import { sceneOfTrace } from "../../../tests/helpers/trace.ts";
import { clientOf, serverOf } from "../../flow/flow.ts";
import { printEndpoint } from "../../net/endpoint.ts";
import type { Finding } from "../signature.ts";
import { signature } from "./signature.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.trace`), "utf8");
const detect = (text: string): Finding[] => signature.detect(sceneOfTrace(text));

/** What a reader needs of a finding, in one line; the lost connection first. */
function told(finding: Finding): string {
  const lost = finding.trails[0]?.flow;
  const who = lost === undefined ? "" : `${printEndpoint(clientOf(lost))} > ${printEndpoint(serverOf(lost))}`;
  return `${finding.variant} ${finding.confidence} ${finding.symptoms.join("+")} ${who}`;
}

const packets = (finding: Finding | undefined): string[] =>
  (finding === undefined ? [] : packetEvidenceOf(finding)).map((e) =>
    e.vantage === 0 ? `${e.packet}` : `${e.vantage}/${e.packet}`,
  );

test("one SYN that meets two connections in turn kills both", () => {
  expect(detect(read("in-turn")).map(told)).toEqual([
    "old-connection-lost certain connection-reset 10.4.0.9:51514 > 10.4.11.5:6443",
    "old-connection-lost certain connection-reset 10.4.0.9:51514 > 10.4.12.5:6443",
  ]);
});

test.each([
  ["match", "old-connection-lost certain lost-ping 10.4.0.9:51514 > 10.4.11.5:6443"],
  ["half-open", "old-connection-lost certain half-open [2001:db8:4::9]:40002 > [2001:db8:11::5]:443"],
  ["victim-reset", "old-connection-lost certain connection-reset 172.20.3.4:45210 > 172.20.1.1:8080"],
  ["no-challenge", "old-connection-lost likely connection-reset 10.4.0.9:51514 > 10.4.11.5:6443"],
  ["both-lost", "old-connection-lost certain request-timeout 10.4.0.9:51514 > 10.4.11.5:6443"],
  ["later-only", "old-connection-lost certain request-timeout 10.4.0.9:51514 > 10.4.11.5:6443"],
  ["two-nodes", "old-connection-lost certain lost-ping 10.4.0.9:51514 > 10.4.11.5:6443"],
  ["target-side", "old-connection-lost likely lost-ping 10.4.0.9:51514 > 10.4.21.7:6443"],
  ["refused", "new-connection-refused certain connect-timeout 10.4.0.9:51516 > 10.4.12.5:6443"],
  ["refused-target-side", "new-connection-refused likely connect-timeout 10.4.0.9:51516 > 10.4.21.7:6443"],
])("%s: %s", (name, expected) => {
  const findings = detect(read(name));
  expect(findings.map(told)).toEqual([expected]);
  expect(findings[0]?.initiator).toBe("balancer");
  expect(findings[0]?.evidence.length).toBeGreaterThanOrEqual(3);
  expect(findings[0]?.evidence.length).toBeLessThanOrEqual(12);
  expect(findings[0]?.next === undefined).toBe(findings[0]?.confidence === "certain");
});

test.each([
  "near-miss",
  "near-miss-closed",
  "closed-meanwhile",
  "near-miss-simultaneous-close",
  "near-miss-restart",
  "near-miss-nat",
  "near-miss-blackhole",
])("%s is no collision", (name) => {
  const scene = sceneOfTrace(read(name));
  expect(scene.vantages[0]?.trails.length).toBeGreaterThan(0);
  expect(signature.detect(scene)).toEqual([]);
});

describe("the story", () => {
  test("goes from the open connection over SYN, challenge, RST, SYN, SYN-ACK to the lost PING", () => {
    expect(packets(detect(read("match"))[0])).toEqual(["11", "12", "13", "14", "15", "16", "23", "24", "32"]);
  });

  test("says that a PING in TLS is inferred", () => {
    expect(detect(read("match"))[0]?.inferred?.[0]).toMatch(/packet 23 .* PING/);
  });

  test("tells of the second victim", () => {
    const [finding] = detect(read("both-lost"));
    expect(finding?.summary).toMatch(/newer connection was lost as well/);
    expect(packets(finding)).toContain("20");
  });

  test("of a refused connection pairs each SYN with the duplicate ACK on the old one", () => {
    expect(packets(detect(read("refused"))[0])).toEqual(["9", "10", "11", "12", "15", "16", "17", "18", "19"]);
  });
});

describe("what the evidence must carry", () => {
  const without = (name: string, ...lines: RegExp[]): string =>
    read(name)
      .split("\n")
      .filter((line) => !lines.some((pattern) => pattern.test(line)))
      .join("\n");

  test("a challenge whose number is not the old connection's is no proof", () => {
    const text = read("match").replace("ACK in=node1>client  ", "ACK in=node1>client ack=raw:99 ");
    expect(detect(text).filter((f) => packetEvidenceOf(f).some((e) => e.packet === 13))).toEqual([]);
  });

  test("an old connection that goes on was not lost", () => {
    const text = `${without("half-open")}\n9.000 node1 > client PSH,ACK len=80 opt=none\n9.040 client > node1 ACK opt=none\n`;
    expect(detect(text)).toEqual([]);
  });

  test("a capture that ends at the RST: the SYN-ACK is missing, likely at best", () => {
    const text = read("half-open")
      .split("\n")
      .filter(
        (line) =>
          !/^(4\.|\+0\.001 node2 > client +SYN|\+0\.0001 client > node2 ACK|\+0\.001 client|\+0\.002|\+0\.040 client > node2)/.test(
            line,
          ),
      )
      .join("\n");
    expect(detect(text).map(told)).toEqual([
      "old-connection-lost likely half-open [2001:db8:4::9]:40002 > [2001:db8:11::5]:443",
    ]);
  });

  test("at the backend, without a later word of the old client, the silence before the SYN decides", () => {
    const silent = (wait: number): string =>
      without("target-side", /^36|^\+0\.00001 new > client {2}ACK$/).replaceAll(
        /^7\.(\d+)/gm,
        (_, rest) => `${7 + wait}.${rest}`,
      );
    expect(detect(silent(0)).map((f) => f.confidence)).toEqual(["likely"]);
    expect(detect(silent(40)).map((f) => f.confidence)).toEqual(["possible"]);
    expect(detect(silent(400))).toEqual([]);
  });

  test("two coincidences are less than four", () => {
    expect(detect(without("refused", /^6\.036|^10\.100/)).map((f) => f.confidence)).toEqual(["likely"]);
    expect(detect(without("refused", /^4\.020|^6\.036|^10\.100/))).toEqual([]);
  });

  test("answers with the numbers of a connection that was not captured are possibly a collision", () => {
    const alone = without("later-only", /client > node2|node2 > client {2}PSH|^\+0\.040/);
    expect(detect(alone).map(told)).toEqual([
      "old-connection-lost possible request-timeout 10.4.0.9:51514 > 10.4.11.5:6443",
    ]);
    expect(detect(alone.replaceAll("ACK in=node2>client", "PSH,ACK len=20 in=node2>client"))).toEqual([]);
  });

  test("one node alone: the client's own address behind it makes it likely, a public one or a TIME_WAIT socket only possible", () => {
    const node = read("two-nodes").replace(/== node-a[\s\S]*?(?=== node-b)/, "");
    expect(detect(node).map((f) => f.confidence)).toEqual(["likely"]);
    expect(detect(node.replaceAll("10.4.0.9", "203.0.113.9")).map((f) => f.confidence)).toEqual(["possible"]);
    expect(detect(node.replaceAll(/(client +ACK in=.*)/g, "$1 ipid=0")).map((f) => f.confidence)).toEqual(["possible"]);
    expect(detect(node.replaceAll(/^.*(client > new|new > client).*$/gm, ""))).toEqual([]);
  });

  test("every packet seen twice (a capture on all interfaces) changes nothing", () => {
    const twice = read("victim-reset").replace(
      "client > node2  SYN\n+0.001 node2 > client  ACK in",
      "client > node2  SYN ipid=7\n+0.00001 client > node2 SYN ipid=7\n+0.001 node2 > client  ACK in",
    );
    expect(detect(twice).map(told)).toEqual([expect.stringContaining("certain connection-reset")]);
  });

  test("a dead connection that speaks takes the replies of a later one, which is lost as well", () => {
    const findings = detect(read("third-starved"));
    expect(findings.map(told)).toEqual([
      "old-connection-lost certain request-timeout 10.4.0.9:51514 > 10.4.11.5:6443",
      "old-connection-lost certain request-timeout 10.4.0.9:51514 > 10.4.11.5:6443",
    ]);
    expect(findings[1]?.summary).toContain("connection to 10.4.13.5:6443");
    expect(findings[1]?.summary).toContain("The newer connection was lost as well");
    expect(detect(read("third-starved").replace("FIN,ACK ack=next-253", "FIN,ACK"))).toHaveLength(1);
  });

  test("a connection that was opened by one collision can be lost in the next", () => {
    expect(detect(read("in-a-row")).map(told)).toEqual([
      "old-connection-lost certain half-open 10.4.0.9:51514 > 10.4.11.5:6443",
      "old-connection-lost certain half-open 10.4.0.9:51514 > 10.4.12.5:6443",
    ]);
  });

  test("a challenge that was kept back is said to be inferred; on one destination such data proves nothing", () => {
    expect(detect(read("no-challenge"))[0]?.inferred).toEqual([expect.stringContaining("kept back its challenge")]);
    expect(detect(read("no-challenge").replace("10.4.12.5", "10.4.11.5"))).toEqual([]);
  });

  test("several collisions are several findings", () => {
    expect(detect(read("several")).map(told)).toEqual([
      "old-connection-lost certain half-open 10.4.0.9:51514 > 10.4.11.5:6443",
      "old-connection-lost certain half-open 10.4.0.9:51520 > 10.4.12.5:6443",
    ]);
  });
});

test.each([
  ["from-logs", ["old-connection-lost likely 10.20.1.10:42852 > 10.20.11.5:443: http2debug.log:1,4,8"]],
  ["same-port-fine", []],
])("%s, from logs alone", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
