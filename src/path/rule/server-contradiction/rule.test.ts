import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "headers time out before connections",
    `
a: client
b: node-server@12 idleTimeout=65s headersTimeout=40s
`,
    "",
    ["error server-contradiction b.idleTimeout b.headersTimeout"],
  ],
  [
    "in order",
    `
a: client
b: node-server@12 idleTimeout=65s headersTimeout=66s
`,
    "",
    [],
  ],
  [
    "since Node 18 each request has its own time",
    `
a: client
b: node-server@20 idleTimeout=65s
`,
    "",
    [],
  ],
  [
    "a version that is not known",
    `
a: client
b: node-server idleTimeout=65s
`,
    "",
    ["warning server-contradiction b.idleTimeout b.headersTimeout"],
  ],
  [
    "killed while draining",
    `
a: client
b: server preStop=20s drain=30s terminationGrace=30s
`,
    "",
    ["error server-contradiction b.preStop b.terminationGrace"],
  ],
  [
    "time to drain",
    `
a: client
b: server preStop=20s drain=30s terminationGrace=60s
`,
    "",
    [],
  ],
  [
    "checks that are sent more often than the default answer takes",
    `
a: client
b: aws-nlb healthCheckInterval=5s
c: server
`,
    "",
    ["warning server-contradiction b.healthCheckTimeout b.healthCheckInterval"],
  ],
  [
    "checks that overlap",
    `
a: client
b: aws-nlb healthCheckTimeout=10s healthCheckInterval=5s
c: server
`,
    "",
    ["warning server-contradiction b.healthCheckTimeout b.healthCheckInterval"],
  ],
  [
    "a check may take as long as its interval",
    `
a: client
b: aws-nlb healthCheckTimeout=10s healthCheckInterval=10s
c: server
`,
    "",
    [],
  ],
  [
    "defaults do not contradict",
    `
a: client
b: aws-nlb
c: server
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "server-contradiction");
  expect(mine).toEqual(found);
});
