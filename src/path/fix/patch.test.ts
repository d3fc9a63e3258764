import { expect, test } from "vitest";
import { patchPathFile } from "./patch.ts";
import type { Change } from "./solve.ts";

const change = (hop: string, key: Change["key"], to: number): Change => ({
  hop,
  key,
  keys: [key],
  from: undefined,
  to,
});

const TEXT = `# a comment
path: 1
hops:
  - id: a # the first
    product: undici
  - id: b
    settings: { idleTimeout: 60s, crossZone: true } # one line
  - id: c
    settings:
      idleTimeoutMs: 5000
      # a remark
      maxRequests: 100
detectors:
  - { id: d, product: kube-controller-manager }
`;

const CHANGES = [
  change("a", "poolIdleTimeoutMs", 55_000),
  change("b", "idleTimeoutMs", 65_000),
  change("b", "crossZone", 0),
  change("b", "maxRequests", 9500),
  change("c", "idleTimeoutMs", 65_000),
  change("c", "headersTimeoutMs", 66_000),
  change("d", "nodeMonitorGracePeriodMs", 55_000),
];

test("changes are written where they belong, and everything else stays", () => {
  const { text, left } = patchPathFile("path.yaml", TEXT, CHANGES);
  expect(left).toEqual([]);
  expect(text).toBe(`# a comment
path: 1
hops:
  - id: a # the first
    product: undici
    settings: { poolIdleTimeout: 55s }
  - id: b
    settings: { idleTimeout: 65s, crossZone: false, maxRequests: 9500 } # one line
  - id: c
    settings:
      idleTimeoutMs: 65000
      # a remark
      maxRequests: 100
      headersTimeout: 66s
detectors:
  - { id: d, product: kube-controller-manager, settings: { nodeMonitorGracePeriod: 55s } }
`);
});

test("the diff, applied, gives the text", () => {
  for (const changes of [CHANGES, CHANGES.slice(0, 1), CHANGES.slice(-1)]) {
    const { text, diff } = patchPathFile("path.yaml", TEXT, changes);
    expect(applied(TEXT, diff)).toBe(text);
  }
  expect(patchPathFile("path.yaml", TEXT, []).diff).toBe("");
});

test("a hop that is not in the file is left", () => {
  expect(patchPathFile("path.yaml", TEXT, [change("x", "idleTimeoutMs", 1)]).left.length).toBe(1);
});

/** What `patch -p1` does, and it insists on context and counts. */
function applied(before: string, diff: string): string {
  const old = before.split("\n");
  const out: string[] = [];
  let at = 0;
  const hunks = diff
    .replace(/\n$/, "")
    .split(/^(?=@@)/m)
    .slice(1);
  expect(hunks.length).toBeGreaterThan(0);
  for (const hunk of hunks) {
    const [head = "", ...lines] = hunk.replace(/\n$/, "").split("\n");
    const [, start = "", count = "", newStart = "", newCount = ""] =
      /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(head) ?? [];
    while (at < Number(start) - 1) out.push(old[at++] as string);
    expect(out.length).toBe(Number(newStart) - 1);
    expect(lines.filter((line) => !line.startsWith("+")).length).toBe(Number(count));
    expect(lines.filter((line) => !line.startsWith("-")).length).toBe(Number(newCount));
    for (const line of lines) {
      if (line.startsWith("+")) out.push(line.slice(1));
      else {
        expect(old[at]).toBe(line.slice(1));
        if (line.startsWith(" ")) out.push(line.slice(1));
        at++;
      }
    }
  }
  return [...out, ...old.slice(at)].join("\n");
}
