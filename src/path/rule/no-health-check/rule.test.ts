import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "a watch without",
    `
a: go-client
b: kube-apiserver
`,
    "carries: [watches]",
    ["error no-health-check a.readIdleTimeout"],
  ],
  [
    "a stream without",
    `
a: grpc-go-client
b: grpc-go-server
`,
    "carries: [streams]",
    ["warning no-health-check a.readIdleTimeout"],
  ],
  [
    "a watch with",
    `
a: kubernetes-client
b: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "a watch with the check turned off",
    `
a: kubernetes-client readIdleTimeout=never
b: kube-apiserver
`,
    "carries: [watches]",
    ["error no-health-check a.readIdleTimeout"],
  ],
  [
    "a user timeout is one",
    `
a: go-client tcpUserTimeout=60s
b: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "a client of which nothing is known",
    `
a: client
b: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "plain requests find out by themselves",
    `
a: go-client
b: kube-apiserver
`,
    "",
    [],
  ],
  [
    "a proxy that passes bytes on passes PINGs on, and sends none itself",
    `
a: kubernetes-client@1.32
b: haproxy layer=4
c: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "no-health-check");
  expect(mine).toEqual(found);
});

test("a PING that comes too seldom is named, not denied", () => {
  const path = judgePath(pathText("a: grpc-go-client pingInterval=350s\nb: grpc-go-server", "carries: streams"));
  expect(path.findings.map(({ rule }) => rule)).toEqual(["no-health-check"]);
  expect(path.findings[0]?.says).toContain("a sends a PING only every 350 s");
  expect(path.findings[0]?.settings[0]).toMatchObject({ hop: "a", key: "pingIntervalMs" });
});
