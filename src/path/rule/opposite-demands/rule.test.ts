import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "a pool that nobody shortens, a box that forgets at the same time",
    `
a: client
b: gcp-http-balancer
f: gcp-firewall
c: server idleTimeout=620s
`,
    "",
    ["error opposite-demands b.poolIdleTimeout f.idleTimeout c.idleTimeout"],
  ],
  [
    "a Go server probes of its own accord",
    `
a: client
b: gcp-http-balancer
f: gcp-firewall
c: go-server
`,
    "",
    [],
  ],
  [
    "a pool that can be shortened is no conflict",
    `
a: client
b: envoy
f: gcp-firewall
c: go-server
`,
    "",
    [],
  ],
  [
    "two branches ask for opposite things",
    `
a: client
b: gcp-http-balancer
p: client
n: gcp-network-balancer
c: server idleTimeout=620s
`,
    "branches:\n  - [a, b, c]\n  - [p, n, c]",
    ["error opposite-demands b.poolIdleTimeout n.idleTimeout c.idleTimeout"],
  ],
  [
    "a box that remembers long enough",
    `
a: client
b: gcp-http-balancer
f: gcp-cloud-nat
c: go-server
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "opposite-demands");
  expect(mine).toEqual(found);
});
