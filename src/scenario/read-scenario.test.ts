import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { ScenarioFault } from "./problem.ts";
import { readScenario } from "./read-scenario.ts";
import type { Scenario } from "./scenario.ts";

const SMALL = `scenario: 1
name: small
title: A small scenario
duration: 5m
network:
  balancer:
    kind: network
    idleTimeout: 60s
  servers:
    count: 2
    goaway: { chance: 0.01, exempt: [kcm] }
  clients:
    kcm: { kind: controller, count: 1, connections: 2 }
    kubelet: { kind: kubelet, count: 4 }
  kubernetes: { version: "1.31" }
story:
  - { what: latency, at: 2m, add: 20ms }
  - { what: server-restart, at: 60s, server: 1 }
expect: { cause: silent-idle-drop }
variants:
  newer: { title: newer, kind: variation, change: { network: { kubernetes: { version: "1.32" } } } }
  direct: { title: direct, kind: mitigation, extends: newer, change: { network: { balancer: null } } }
`;

describe("a scenario that is right", () => {
  const read = readScenario("small.yaml", SMALL);

  test("is filled in, with times in milliseconds and the story in order", () => {
    expect(read.durationMs).toBe(300_000);
    expect(read.network.balancer).toMatchObject({
      kind: "network",
      idleTimeoutMs: 60_000,
      crossZone: false,
      snatPorts: [1024, 65_535],
    });
    expect(read.network.clients.kubelet).toMatchObject({
      requestTimeoutMs: 10_000,
      healthCheck: { readIdleTimeoutMs: 30_000, pingTimeoutMs: 15_000 },
      requests: { everyMs: 0 },
      watches: { count: 1, minMs: 300_000, maxMs: 600_000 },
    });
    expect(read.network.kubernetes?.nodeMonitorGraceMs).toBe(40_000);
    expect(read.story.map(({ what, atMs }) => `${what} ${atMs}`)).toEqual(["server-restart 60000", "latency 120000"]);
  });

  test("has its variants applied, each with what it extends", () => {
    const { newer, direct } = read.variants;
    expect(newer?.scenario.network.kubernetes?.nodeMonitorGraceMs).toBe(50_000);
    expect(newer?.scenario.expect).toEqual({ cause: "silent-idle-drop" });
    expect(newer?.scenario.network.balancer).toEqual(read.network.balancer);
    expect(direct?.scenario.network.balancer).toBeUndefined();
    expect(direct?.scenario.network.kubernetes?.version).toBe("1.32");
    expect(direct?.scenario.expect).toEqual({});
  });

  test("may be JSON, with times in milliseconds", () => {
    const { variants, ...base } = read;
    const text = JSON.stringify({ scenario: 1, ...base });
    expect(readScenario("small.json", text)).toEqual({ ...base, variants: {} });
    expect(Object.keys(variants)).toEqual(["newer", "direct"]);
  });

  test("may extend another: patches of what it says, variants as wholes", () => {
    const builtIn = (name: string): string | undefined => (name === "small" ? SMALL : undefined);
    const mine = `scenario: 1
name: mine
extends: small
network: { servers: { count: 3 }, clients: { kubelet: null } }
variants:
  newer: null
  direct: { title: mine, kind: variation, change: { duration: 6m } }
`;
    const scenario = readScenario("mine.yaml", mine, { builtIn });
    expect(scenario.network.servers).toMatchObject({ count: 3, goaway: { chance: 0.01 } });
    expect(Object.keys(scenario.network.clients)).toEqual(["kcm"]);
    expect(Object.keys(scenario.variants)).toEqual(["direct"]);
    expect(scenario.variants.direct?.scenario).toMatchObject({
      durationMs: 360_000,
      network: { balancer: { kind: "network" } },
    });
  });

  test("none takes away what is there by default", () => {
    const text = changed("count: 4", "count: 4, healthCheck: none, keepalive: none");
    const { kubelet } = readScenario("small.yaml", text).network.clients;
    expect(kubelet).not.toHaveProperty("healthCheck");
    expect(kubelet).not.toHaveProperty("keepalive");
  });
});

/** What in the small scenario is changed to what, and what is said of it. */
const WRONG: readonly (readonly [found: string, by: string, says: string])[] = [
  ["duration: 5m", "durration: 5m", "small.yaml:4: durration: there is no 'durration'; did you mean duration?"],
  ["duration: 5m", "", "small.yaml:1: duration: it is missing; add duration: a time with its unit"],
  ["duration: 5m", "duration: 300", "small.yaml:4: duration: found 300; expected is a time with its unit"],
  ["duration: 5m", "duration: never", "small.yaml:4: duration: found 'never'"],
  ["duration: 5m", "duration: 40d", "small.yaml:4: duration: found '40d'"],
  ["duration: 5m", "durationMs: 5m", "small.yaml:4: durationMs: found '5m'; expected is a number from 1 to 2678400000 (in milliseconds)"],
  ["duration: 5m", "duration: 5m\ndurationMs: 5", "small.yaml:5: durationMs: said twice: it is there already in line 4"],
  ["duration: 5m", "duration: 5m\nduration: 6m", "small.yaml:5: duration: said twice: it is there already in line 4"],
  ["scenario: 1", "scenario: 2", "small.yaml:1: scenario: found 2; expected is 1"],
  ["name: small", "name: Small Thing", "small.yaml:2: name: found 'Small Thing'"],
  ["name: small", "name: !!binary aGk=", "small.yaml:2: name: a value with a tag of its own"],
  ["count: 2", "count: 0", "small.yaml:10: network.servers.count: found 0; expected is a whole number from 1 to 1000"],
  ["count: 2", "count: 2.5", "small.yaml:10: network.servers.count: found 2.5; expected is a whole number"],
  ["count: 2", 'count: "2"', "small.yaml:10: network.servers.count: found '2'; expected is a whole number"],
  ["count: 2", "count: .inf", "small.yaml:10: network.servers.count: found Infinity"],
  ["connections: 2", "connections: -1", "small.yaml:13: network.clients.kcm.connections: found -1"],
  ["chance: 0.01", "chance: 0.05", "small.yaml:11: network.servers.goaway.chance: found 0.05; expected is a number from 0 to 0.02 (kube-apiserver refuses"],
  ["count: 4", "count: 4, portRange: [5, 4]", "small.yaml:14: network.clients.kubelet.portRange: the range from 5 to 4 holds no port; did you mean [4, 5]?"],
  ["count: 4", "count: 4, portRange: [0, 70000]", "small.yaml:14: network.clients.kubelet.portRange: found a list of 2; expected is two port numbers"],
  ["kind: network", "kind: netwrok", "small.yaml:7: network.balancer.kind: found 'netwrok'; did you mean network?"],
  ["kind: network", "", "small.yaml:8: network.balancer.kind: it is missing; add kind: one of network, application"],
  ["kind: network", "kind: application\n    crossZone: true", "small.yaml:8: network.balancer.crossZone: there is no 'crossZone' of kind: application"],
  ["exempt: [kcm]", "exempt: [kmc]", "small.yaml:11: network.servers.goaway.exempt[0]: there are no clients 'kmc'; did you mean kcm?"],
  ["count: 2", "count: 2\n    protocol: http1", "network.servers.goaway.chance: HTTP/1 has no GOAWAY"],
  ["count: 2", "count: 2\n    protocol: http1", "network.clients.kubelet.kind: a kubelet speaks HTTP/2"],
  ["count: 4", "count: 4, watches: { min: 9m, max: 5m }", "network.clients.kubelet.watches.min: 540 s is longer than the longest, 300 s"],
  ["count: 4", "count: 200000, connections: 1000", "small.yaml:13: network.clients: 200000002 connections; at most 5000000"],
  ['version: "1.31"', "version: 1.31", 'network.kubernetes.version: found 1.31; expected is text of at most 10 characters: a minor version in quotes, as "1.31"'],
  ["at: 2m", "at: 5m", "small.yaml:17: story[0].at: 300 s is not before the end at 300 s"],
  ["server: 1", "server: 2", "small.yaml:18: story[1].server: there is no server 2; servers are counted from 0, so that the last one is 1"],
  ["server: 1", "serve: 1", "small.yaml:18: story[1].server: it is missing"],
  ["what: latency, at: 2m, add: 20ms", "what: quiet, at: 2m, clients: kubelets", "story[0].clients: there are no clients 'kubelets'; did you mean kubelet?"],
  ["what: latency, at: 2m, add: 20ms", "what: balancer-node-lost, at: 2m, node: 3", "story[0].node: there is no node 3; a node stands in each zone"],
  ["kind: network", "kind: network\n    healthCheck: { interval: 5s, timeout: 6s }", "network.balancer.healthCheck.timeout: 6 s is longer than the time between two checks, 5 s"],
  ["what: latency, at: 2m, add: 20ms", "what: rolling-update, at: 2m, step: 4m", "story[0].step: the last of 2 servers has its turn at 360 s, not before the end at 300 s"],
  ["cause: silent-idle-drop", "variant: blackhole", "expect.variant: a variant without a cause"],
  ["cause: silent-idle-drop", "from: 6m", "expect.from: 360 s is not before the end"],
  ["extends: newer", "extends: nwer", "variants.direct.extends: there is no variant 'nwer'; did you mean newer?"],
  ["extends: newer", "extends: direct", "variants.direct.extends: variants extend each other in a circle: direct, direct"],
  ["balancer: null", "balancr: null", "variants.direct.change.network.balancr: there is no 'balancr'; did you mean balancer?"],
  ['version: "1.32"', "nodeMonitorGrace: -5s", "variants.newer.change.network.kubernetes.nodeMonitorGrace: found '-5s'"],
  ["kind: mitigation", "kind: cure", "variants.direct.kind: found 'cure'; expected is one of mitigation, variation"],
  ["name: small", "name: small\nextends: small", "small.yaml:3: extends: there is no built-in scenario 'small'"],
  ["name: small", "name: *nowhere", "small.yaml:2: name: the alias *nowhere; expected is an anchor of that name above it"],
  ["network:", "network: &all\n  kubernetes: *all", "small.yaml:6: network.kubernetes: the alias *all inside of what it stands for"],
  ["title: A small", "title: A\u0007 small: {", "small.yaml:"],
]; // biome-ignore format: a table

describe("a scenario that is wrong", () => {
  test.each(WRONG)("%j as %j", (found, by, says) => {
    expect(faultOf(changed(found, by)).message).toContain(says);
  });

  test("all problems are said, in the order of the file, within a bound", () => {
    const text = changed("count: 2", "count: 0").replace("chance: 0.01", "chance: 1").replace("at: 2m", "at: -2m");
    const { problems, message, code } = faultOf(text);
    expect(problems.map(({ at }) => at.line)).toEqual([10, 11, 17]);
    expect(message).toMatch(/^3 problems in small\.yaml:\n/);
    expect(code).toBe("bad-scenario");
    const many = faultOf(`${SMALL}${Array.from({ length: 500 }, (_, i) => `x${i}: 1\n`).join("")}`);
    expect(many.problems).toHaveLength(50);
    expect(many.message).toContain("\n  and 450 more");
  });

  test("files that extend each other in a circle", () => {
    const round = "scenario: 1\nname: round\nextends: small\n";
    const builtIn = (): string => "scenario: 1\nname: small\nextends: small\n";
    expect(() => readScenario("round.yaml", round, { builtIn })).toThrow("it extends itself: small, small");
    const names = { builtInNames: ["small"] };
    expect(() => readScenario("round.yaml", round.replace("extends: small", "extends: smal"), names)).toThrow(
      "did you mean small?",
    );
  });

  test.each([
    ["nothing", ""],
    ["a list", "[]"],
    ["a word", "scenario"],
    ["two documents", "a: 1\n---\nb: 2\n"],
    ["too long a text", " ".repeat(1_048_577)],
    ["nesting", `${"[".repeat(10_000)}${"]".repeat(10_000)}`],
    ["flow maps in each other", `a: ${"{a: ".repeat(3000)}`],
    [
      "a bomb of aliases",
      `a: &a [x,x,x,x,x,x,x,x]\n${[..."bcdefghij"].map((n, i) => `${n}: &${n} [${Array(8).fill(`*${"abcdefghij"[i]}`).join(",")}]`).join("\n")}`,
    ],
    ["many values", `scenario: 1\nx: [${"1,".repeat(60_000)}]`],
  ])("%s is refused, and soon", (_, text) => {
    expect(faultOf(text).problems.length).toBeGreaterThan(0);
  });

  test("any text gives a scenario or a fault, and what is said of it can be printed", () => {
    const lines = SMALL.split("\n");
    const garbled = fc
      .tuple(fc.nat(lines.length), fc.nat(lines.length), fc.string({ unit: "binary" }))
      .map(([from, to, text]) => [...lines.slice(0, from), text, ...lines.slice(to)].join("\n"));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), garbled), (text) => {
        try {
          readScenario("any.yaml", text);
        } catch (error) {
          expect(error).toBeInstanceOf(ScenarioFault);
          expect((error as Error).message).not.toMatch(/[^\P{Cc}\n]/u);
        }
      }),
    );
  });
});

const changed = (found: string, by: string): string => {
  expect(SMALL).toContain(found);
  return SMALL.replace(found, by);
};

function faultOf(text: string): ScenarioFault {
  let read: Scenario | undefined;
  try {
    read = readScenario("small.yaml", text);
  } catch (error) {
    if (error instanceof ScenarioFault) return error;
    throw error;
  }
  throw new Error(`was read: ${JSON.stringify(read).slice(0, 200)}`);
}
