import { describe, expect, test } from "vitest";
import { entriesFor, inPathUnit } from "../src/catalogue/look-up.ts";
import { Knobs } from "../src/path/fix/knobs.ts";
import { patchPathFile } from "../src/path/fix/patch.ts";
import { type Change, solve, withValues } from "../src/path/fix/solve.ts";
import type { Hop, Path } from "../src/path/hop.ts";
import { judge } from "../src/path/judge.ts";
import { fc } from "./helpers/fast-check.ts";
import { judgePath, pathText } from "./helpers/judge-path.ts";

const seconds = (...values: number[]): fc.Arbitrary<string> => fc.constantFrom(...values.map((s) => `${s}s`));
const sometimes = (key: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(value, { nil: undefined }).map((v) => (v === undefined ? "" : ` ${key}=${v}`));
const IDLE = seconds(1, 2, 5, 15, 30, 59, 60, 61, 75, 90, 120, 300, 350, 600, 3600, 100_000);

const client = fc
  .tuple(
    fc.constantFrom(
      "client",
      "undici",
      "go-client",
      "urllib3",
      "dotnet-httpclient",
      "okhttp",
      "grpc-go-client",
      "kubernetes-client",
    ),
    sometimes("poolIdleTimeout", IDLE),
    sometimes("pingInterval", seconds(1, 10, 30, 300, 900)),
    sometimes("tcpKeepaliveMs", fc.constantFrom("15000", "600000", "7200000")),
  )
  .map((parts) => parts.join(""));
const box = fc
  .tuple(
    fc.constantFrom("aws-nlb", "aws-nat-gateway", "azure-load-balancer", "gcp-firewall", "box"),
    sometimes("idleTimeout", seconds(240, 350, 600, 1000)),
    sometimes("clientIpPreservation", fc.constantFrom("true", "false")),
    sometimes("crossZone", fc.constantFrom("true", "false")),
  )
  .map((parts) => parts.join(""));
const proxy = fc
  .tuple(
    fc.constantFrom(
      "aws-alb",
      "nginx@1.29.7",
      "ingress-nginx",
      "envoy",
      "traefik",
      "gcp-http-balancer",
      "kong",
      "haproxy",
      "cloudflare",
    ),
    sometimes("poolIdleTimeout", IDLE),
    sometimes("deregistrationDelay", seconds(0, 30, 300)),
  )
  .map((parts) => parts.join(""));
const server = fc
  .tuple(
    fc.constantFrom(
      "server",
      "node-server@20",
      "node-server@10",
      "uvicorn",
      "gunicorn",
      "tomcat",
      "go-server",
      "grpc-go-server",
      "kube-apiserver",
    ),
    sometimes("idleTimeout", IDLE),
    sometimes("preStop", seconds(0, 5, 60)),
    sometimes("goawayChance", fc.constantFrom("0.001", "0.02")),
  )
  .map((parts) => parts.join(""));
const more = fc
  .tuple(
    fc.constantFrom("carries: [http]\n", "carries: [streams]\n", "carries: [watches]\n", "carries: [http, streams]\n"),
    fc.constantFrom("", "clientsAreTargets: true\n"),
    fc.constantFrom("", "roundTrip: 200ms\n"),
    fc.constantFrom(
      "",
      "load: { connectionsPerClient: 50, targets: 5, requestsPerSecondPerConnection: 10, newConnectionsPerSecond: 100 }\n",
    ),
    fc.constantFrom("", 'detectors:\n  - { id: detector, product: kube-controller-manager, version: "1.28" }\n'),
  )
  .map((parts) => parts.join(""));
const path = fc
  .tuple(client, fc.array(fc.oneof(box, proxy), { maxLength: 4 }), server, more)
  .map(([first, middle, last, rest]) =>
    pathText([`a: ${first}`, ...middle.map((hop, i) => `m${i}: ${hop}`), `z: ${last}`].join("\n"), rest),
  );

const errorsOf = (of: Path): string[] =>
  judge(of)
    .filter(({ level }) => level === "error")
    .map(({ says }) => says);
const hopsOf = (of: Path): readonly Hop[] => [...of.hops, ...of.detectors.map(({ hop }) => hop)];

/** Within the product's range, in whole steps, and only where the product can be told. */
function expectPossible(of: Path, change: Change): void {
  const hop = hopsOf(of).find(({ id }) => id === change.hop) as Hop;
  for (const entry of hop.product === undefined ? [] : entriesFor(hop.product, hop.version)) {
    if (!entry.governs.includes(change.key)) continue;
    expect(entry.set).toBeDefined();
    if (entry.range?.least !== undefined)
      expect(change.to).toBeGreaterThanOrEqual(inPathUnit(entry, entry.range.least));
    if (entry.range?.most !== undefined) expect(change.to).toBeLessThanOrEqual(inPathUnit(entry, entry.range.most));
  }
  expect(change.to).toBeGreaterThanOrEqual(0);
  expect(change.to).not.toBe(change.from);
}

/** Whether turning one knob alone, to any figure that could matter, makes a path acceptable. */
function oneKnobSuffices(of: Path): boolean {
  const hops = hopsOf(of);
  const knobs = new Knobs(hops);
  const figures = hops.flatMap((hop) => [...hop.settings.values()].map(({ value }) => value)).filter(Number.isFinite);
  const near = figures.flatMap((value) => [
    value,
    value + 1000,
    value + 2000,
    value + 12_000,
    value - 2000,
    value - 12_000,
  ]);
  const candidates = [...new Set([0, 1, 1000, 2000, 86_400_000, ...near])].filter((value) => value >= 0);
  const all = new Map(
    hops
      .flatMap((hop) => [...hop.settings.keys(), ...ADDED].flatMap((key) => knobs.of({ hop: hop.id, key }) ?? []))
      .map((knob) => [knob.id, knob]),
  );
  return [...all.values()].some((knob) =>
    candidates
      .filter((to) => to >= knob.least && to <= knob.most)
      .some((to) => errorsOf(withValues(of, new Map([[knob.id, { knob, to }]]))).length === 0),
  );
}
const ADDED = ["tcpKeepaliveMs", "serverTcpKeepaliveMs", "heartbeatMs"] as const;
/** Paths whose smallest set has several changes that are held against every single change. */
const MOST_TRIED = 40;

describe("--fix on random unsafe paths", () => {
  let tried = 0;
  const counts = { mended: 0, impossible: 0, smallest: 0 };

  test("ends in a path that check accepts, or names what makes that impossible", () => {
    let unsafe = 0;
    fc.assert(
      fc.property(path, (text) => {
        const checked = judgePath(text);
        fc.pre(errorsOf(checked.path).length > 0);
        unsafe++;
        const fix = solve(checked.path);
        expect(fix.kind).not.toBe("nothing-to-do");
        if (fix.kind === "impossible") {
          counts.impossible++;
          expect(fix.obstacles.length).toBeGreaterThan(0);
          for (const { settings } of fix.obstacles) expect(settings.length).toBeGreaterThan(0);
        }
        if (fix.kind === "changes") {
          counts.mended++;
          if (fix.smallest) counts.smallest++;
          expect(errorsOf(fix.path)).toEqual([]);
          if (fix.smallest && fix.changes.length > 1 && tried < MOST_TRIED) {
            tried++;
            expect(oneKnobSuffices(checked.path)).toBe(false);
          }
          for (const change of fix.changes) expectPossible(checked.path, change);
          // What is written into the file, read again, is accepted too.
          const { text: patched, left } = patchPathFile("path.yaml", text, fix.changes);
          expect(left).toEqual([]);
          expect(errorsOf(judgePath(patched).path)).toEqual([]);
        }
      }),
      { numRuns: 1000, seed: 20261121, maxSkipsPerRun: 20 },
    );
    expect(unsafe).toBeGreaterThanOrEqual(1000);
    expect(counts.mended).toBeGreaterThan(500);
    expect(counts.impossible).toBeGreaterThan(0);
    expect(counts.smallest).toBeGreaterThan(counts.mended * 0.97);
    expect(tried).toBe(MOST_TRIED);
    console.log(
      `${unsafe} unsafe paths: ${counts.mended} mended (${counts.smallest} with the smallest set), ${counts.impossible} impossible`,
    );
  });
});
