import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "TIME_WAIT counts",
    `
a: client
b: server
`,
    "load: { connectionsPerClient: 2000, newConnectionsPerSecond: 500 }",
    ["error port-range-too-small a.localPortFirst a.localPortLast"],
  ],
  [
    "enough",
    `
a: client
b: server
`,
    "load: { connectionsPerClient: 2000, newConnectionsPerSecond: 20 }",
    [],
  ],
  [
    "nearly all",
    `
a: client
b: server
`,
    "load: { connectionsPerClient: 27000 }",
    ["warning port-range-too-small a.localPortFirst a.localPortLast"],
  ],
  [
    "a wider range",
    `
a: client localPortFirst=1024 localPortLast=65535
b: server
`,
    "load: { connectionsPerClient: 2000, newConnectionsPerSecond: 500 }",
    [],
  ],
  [
    "a balancer that translates",
    `
a: client
b: aws-nlb clientIpPreservation=false
c: server
`,
    "load: { connectionsPerClient: 100, clients: 2000, targets: 3 }",
    ["error port-range-too-small b.snatPorts b.clientIpPreservation"],
  ],
  [
    "a balancer that does not",
    `
a: client
b: aws-nlb clientIpPreservation=true
c: server
`,
    "load: { connectionsPerClient: 100, clients: 2000, targets: 3 }",
    [],
  ],
  [
    "no load, no verdict",
    `
a: client
b: server
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "port-range-too-small");
  expect(mine).toEqual(found);
});
