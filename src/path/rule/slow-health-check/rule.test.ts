import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";
import { solve } from "../../fix/solve.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "45 s against 40 s",
    `
a: kubernetes-client
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.31.4"\n',
    ["error slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod"],
  ],
  [
    "45 s against 50 s: a heartbeat is 10 s old",
    `
a: kubernetes-client
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.32.0"\n',
    ["warning slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod"],
  ],
  [
    "a kubelet among the hops is the client-go program that it is",
    `
a: kubelet@1.31.4
n: aws-nlb
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.31.4"\n    hearsThrough: a\n',
    ["error slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod"],
  ],
  [
    "30 s against 40 s",
    `
a: kubernetes-client readIdleTimeout=20s pingTimeout=10s
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.31.4"\n',
    [],
  ],
  [
    "equal is wrong",
    `
a: kubernetes-client readIdleTimeout=25s pingTimeout=15s
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.31.4"\n',
    ["error slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod"],
  ],
  [
    "a longer grace period",
    `
a: kubernetes-client
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.31.4"\n    settings: { nodeMonitorGracePeriod: 60s }\n',
    [],
  ],
  [
    "no detector",
    `
a: kubernetes-client
b: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "a check that is off",
    `
a: kubernetes-client readIdleTimeout=never
b: kube-apiserver
`,
    'carries: [watches]\ndetectors:\n  - id: kcm\n    product: kube-controller-manager\n    version: "1.31.4"\n',
    ["error slow-health-check a.readIdleTimeout a.pingTimeout kcm.nodeMonitorGracePeriod"],
  ],
];

test("a client from before there was a check has none, which is known: it is compared", () => {
  const detector = 'detectors:\n  - { id: kcm, product: kube-controller-manager, version: "1.15", hearsThrough: a }\n';
  const checked = judgePath(
    pathText("a: kubernetes-client@1.15\nb: kube-apiserver@1.15", `carries: [watches]\n${detector}`),
  );
  expect(linesOf(checked)).toContain("error slow-health-check a.readIdleTimeout kcm.nodeMonitorGracePeriod");
  expect(checked.notJudged).toEqual([]);
  // Neither a heartbeat of one's own nor a figure makes it safe: it has no switch to turn.
  expect(solve(checked.path).kind).toBe("impossible");
});

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "slow-health-check");
  expect(mine).toEqual(found);
});

test("a kubelet's connections need nothing more than its client-go brings", () => {
  const checked = judgePath(pathText("a: kubelet@1.32\nn: aws-nlb\nb: kube-apiserver", "carries: [watches]"));
  expect(checked.findings).toEqual([]);
  expect(checked.path.hops.map(({ role }) => role)).toEqual(["client", "box", "server"]);
});

test("a client of which no health check is known is not compared, and that is said", () => {
  const detector = 'detectors:\n  - { id: kcm, product: kube-controller-manager, version: "1.31" }\n';
  const { notJudged } = judgePath(pathText("a: client\nb: kube-apiserver", `carries: [watches]\n${detector}`));
  expect(notJudged).toEqual([
    "how soon a notices a lost connection is not known (no readIdleTimeout and pingTimeout): not compared with kcm",
  ]);
  expect(judgePath(pathText("a: kubernetes-client\nb: kube-apiserver", detector)).notJudged).toEqual([]);
});
