import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "the load of a control plane",
    `
a: kubernetes-client
b: aws-nlb clientIpPreservation=true crossZone=true
c: kube-apiserver goawayChance=0.001
`,
    "load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10, linger: 450s }",
    ["error goaway-collision c.goawayChance b.clientIpPreservation b.crossZone"],
  ],
  [
    "a smaller chance",
    `
a: kubernetes-client
b: aws-nlb clientIpPreservation=true crossZone=true
c: kube-apiserver goawayChance=0.0001
`,
    "load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10, linger: 450s }",
    [],
  ],
  [
    "no cross-zone",
    `
a: kubernetes-client
b: aws-nlb clientIpPreservation=true crossZone=false
c: kube-apiserver goawayChance=0.001
`,
    "load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10, linger: 450s }",
    [],
  ],
  [
    "no preservation",
    `
a: kubernetes-client
b: aws-nlb clientIpPreservation=false crossZone=true
c: kube-apiserver goawayChance=0.001
`,
    "load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10, linger: 450s }",
    [],
  ],
  [
    "no load stated",
    `
a: kubernetes-client
b: aws-nlb clientIpPreservation=true crossZone=true
c: kube-apiserver goawayChance=0.001
`,
    "",
    ["warning goaway-collision c.goawayChance b.clientIpPreservation b.crossZone"],
  ],
  [
    "whether addresses are kept is not known",
    `
a: kubernetes-client
b: aws-nlb crossZone=true
c: kube-apiserver goawayChance=0.001
`,
    "load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10, linger: 450s }",
    [],
  ],
  [
    "no GOAWAY",
    `
a: kubernetes-client
b: aws-nlb clientIpPreservation=true crossZone=true
c: kube-apiserver
`,
    "load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10, linger: 450s }",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "goaway-collision");
  expect(mine).toEqual(found);
});
