import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT_IN } from "../scenario/built-in.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { timeScaleOf } from "./adapt.ts";
import type { LabOptions } from "./lab-options.ts";
import { plan } from "./plan.ts";
import { CONFIG, PROXIES, type ProxySoftware } from "./proxy/proxy.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const OPTIONS: LabOptions = {
  suffix: "0000",
  seed: 1,
  timeScale: 10,
  network: 20,
  folder: "/run-folder",
  programs: { node: "node", folder: "/programs", ending: ".ts" },
  tools: { delay: "none", conntrack: true, ethtool: true, kubectl: false, proxies: PROXIES },
};

type Planned = readonly [name: string, variant: string, ipVersion: 4 | 6, proxy?: ProxySoftware];

const builtIn = (name: string): Scenario =>
  readScenario(name, readFileSync(join(ROOT, "scenarios", `${name}.yaml`), "utf8"));

/** What a person would read: a command a line, with what it is told on standard input below it. */
function printed(scenario: Omit<Scenario, "variants">, options: LabOptions): string {
  const { setUp, taps, programs, story, cut, snapshots, tearDown, adapted, files } = plan(scenario, options);
  const command = ({
    namespace,
    argv,
    input,
  }: {
    namespace?: string;
    argv: readonly string[];
    input?: string;
  }): string =>
    `${namespace === undefined ? "" : `[${namespace}] `}${argv.join(" ")}${input === undefined ? "" : `\n${input.replace(/^/gm, "    | ").trimEnd()}`}`;
  const part = (name: string, lines: readonly string[]): string => `# ${name}\n${lines.join("\n")}\n`;
  return [
    part("adapted", adapted),
    part("set up", setUp.map(command)),
    part("taps", taps.map(command)),
    part("programs", programs.map(command)),
    ...files.filter(({ path }) => path === `proxy/${CONFIG}`).map(({ text }) => part("proxy", [text.trimEnd()])),
    part(
      "story",
      story.map(({ atMs, ...step }) => `${atMs} ${step.kind === "run" ? command(step.command) : JSON.stringify(step)}`),
    ),
    part(
      "snapshots",
      snapshots.map((snapshot) => `${snapshot.file}: ${command(snapshot)}`),
    ),
    part("cut", cut.map(command)),
    part("tear down", tearDown.map(command)),
  ].join("\n");
}

/** The plans of one scenario for each kind of balancer, and one over IPv6. `HALFOPEN_GOLDEN=write` writes them anew. */
const PLANNED: readonly Planned[] = [
  ["goaway-behind-network-balancer", "base", 4],
  ["goaway-behind-network-balancer", "base", 6],
  ["goaway-behind-network-balancer", "preservation-off", 4],
  ["goaway-behind-network-balancer", "cross-zone-off", 4],
  ["goaway-behind-network-balancer", "first-path", 4],
  ["goaway-behind-network-balancer", "behind-nat", 4],
  ["silent-idle-drop", "black-hole", 6],
  ["server-killed", "base", 4],
  ["keep-alive-race", "base", 4],
  ["keep-alive-race", "base", 4, "haproxy"],
  ["goaway-mishandled", "base", 6, "nghttpx"],
  ["balancer-node-lost", "base", 4],
];

test.each(PLANNED.map((planned) => [planned.join(", "), planned] as const))("%s: as it was", (_, planned) => {
  const [name, variant, ipVersion, proxy] = planned;
  const scenario = builtIn(name);
  const story = variant === "base" ? scenario : scenario.variants[variant]?.scenario;
  if (story === undefined) throw new Error(`no variant ${variant}`);
  const options = proxy === undefined ? OPTIONS : { ...OPTIONS, proxy };
  const text = printed({ ...story, network: { ...story.network, ipVersion } }, options);
  const file = join(
    ROOT,
    "tests",
    "golden-lab",
    `${name}-${variant}-${ipVersion}${proxy === undefined ? "" : `-${proxy}`}.txt`,
  );
  if (process.env.HALFOPEN_GOLDEN === "write") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
});

test.each(BUILT_IN)("%s has a plan, the same each time, and so has every variant", (name) => {
  const scenario = builtIn(name);
  for (const story of [scenario, ...Object.values(scenario.variants).map((variant) => variant.scenario)]) {
    const options = { ...OPTIONS, timeScale: timeScaleOf(story), mostMs: 60_000 };
    const first = plan(story, options);
    expect(plan(story, options)).toEqual(first);
    expect(first.durationMs).toBeLessThanOrEqual(120_000);
    // Names that a kernel takes: IFNAMSIZ is 16 with the end mark.
    for (const { link = "" } of first.hosts) expect(link.length).toBeLessThan(16);
    const names = new Set(first.hosts.map(({ namespace }) => namespace));
    for (const { namespace } of [...first.setUp, ...first.taps, ...first.programs])
      expect(namespace === undefined || names.has(namespace)).toBe(true);
    expect(new Set(first.hosts.map(({ address }) => address)).size).toBe(first.hosts.length);
  }
});

test("no argument is a shell's text: what a scenario names goes nowhere but into one argument", () => {
  const scenario = builtIn("server-killed");
  const [group] = Object.values(scenario.network.clients);
  if (group === undefined) throw new Error("no clients");
  const hostile = { ...scenario, network: { ...scenario.network, clients: { "x; rm -rf ../..": group } } };
  const { programs, hosts, files } = plan(hostile, OPTIONS);
  const shells = programs.filter(({ argv }) => argv.some((word) => /^(?:ba)?sh$/.test(word)));
  expect(shells).toEqual([]);
  for (const { path } of files) expect(path).toMatch(/^[\w./-]+$/);
  for (const { path } of files) expect(path).not.toContain("..");
  for (const { namespace } of hosts) expect(namespace).toMatch(/^[\w-]+$/);
});

test("a software that cannot tell the story is refused, and a run is brief only where chance decides and a loss is expected", () => {
  const told = builtIn("goaway-mishandled");
  expect(() => plan(told, { ...OPTIONS, proxy: "haproxy" })).toThrow(/haproxy 2\.6 does not end/);
  expect(plan(told, { ...OPTIONS, proxy: "nghttpx" }).adapted.join("\n")).toContain("two phases");
  expect(plan(told, OPTIONS).enough).toBeUndefined();
  expect(plan(told, { ...OPTIONS, brief: true }).enough?.texts).toEqual(["given up after 1 attempts"]);
  expect(plan(builtIn("silent-idle-drop"), { ...OPTIONS, brief: true }).enough).toBeUndefined();
  const tuned = told.variants["client-retries"]?.scenario;
  expect(tuned === undefined ? undefined : plan(tuned, { ...OPTIONS, brief: true }).enough).toBeUndefined();
});

test("a translating box stands between its group's hosts and the router, and is nobody else's way", () => {
  const story = builtIn("goaway-behind-network-balancer").variants["behind-nat"]?.scenario;
  if (story === undefined) throw new Error("no such variant");
  const { hosts, setUp } = plan(story, OPTIONS);
  const box = hosts.find(({ kind }) => kind === "nat");
  const inner = hosts.find(({ name }) => name === "client-kube-controller-manager");
  const rules = setUp.filter(({ argv }) => argv.includes("iif")).map(({ argv }) => argv.slice(argv.indexOf("iif")));
  expect(rules).toEqual([["iif", inner?.link, "table", "100"]]);
  const nat = setUp.find(({ namespace, input }) => namespace === box?.namespace && input !== undefined);
  expect(nat?.input).toContain(`ip saddr { ${inner?.address} } tcp dport 443 snat to ${box?.address}:42000-42063`);
});
