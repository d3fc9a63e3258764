import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "a proxy without limit",
    `
a: client
p: envoy
b: aws-alb role=proxy protocol=http2
`,
    "",
    ["error connection-lifetime p.poolMaxRequests b.maxRequests"],
  ],
  [
    "a proxy with one",
    `
a: client
p: envoy poolMaxRequests=9500
b: aws-alb role=proxy protocol=http2
`,
    "",
    [],
  ],
  [
    "too close",
    `
a: client
p: envoy poolMaxRequests=9990
b: aws-alb role=proxy protocol=http2
`,
    "",
    ["warning connection-lifetime p.poolMaxRequests b.maxRequests"],
  ],
  [
    "over HTTP/1 the last answer says so",
    `
a: client
p: envoy
b: aws-alb role=proxy protocol=http1
`,
    "",
    [],
  ],
  [
    "a client may repeat by itself",
    `
a: client poolMaxRequests=never
b: aws-alb role=proxy protocol=http2
`,
    "",
    ["warning connection-lifetime a.poolMaxRequests b.maxRequests"],
  ],
  [
    "one request to a connection: no other can be on its way",
    `
a: client
p: envoy
b: nginx protocol=http2 maxRequests=1
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "connection-lifetime");
  expect(mine).toEqual(found);
});
