import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "stops too soon",
    `
a: client
b: aws-alb deregistrationDelay=60s
c: server preStop=5s drain=10s idleTimeout=90s
`,
    "",
    ["error drain-before-deregistration b.deregistrationDelay c.preStop"],
  ],
  [
    "waits long enough",
    `
a: client
b: aws-alb deregistrationDelay=30s
c: server preStop=35s drain=15s idleTimeout=90s
`,
    "",
    [],
  ],
  [
    "just so",
    `
a: client
b: aws-alb deregistrationDelay=30s
c: server preStop=32s idleTimeout=90s
`,
    "",
    ["warning drain-before-deregistration b.deregistrationDelay c.preStop"],
  ],
  [
    "health checks are slower than the stop",
    `
a: client
b: aws-alb deregistrationDelay=0s healthCheckInterval=15s unhealthyThreshold=2
c: server preStop=20s idleTimeout=90s
`,
    "",
    ["error drain-before-deregistration b.healthCheckInterval c.preStop"],
  ],
  [
    "nobody says how the server stops",
    `
a: client
b: aws-alb deregistrationDelay=60s
c: server idleTimeout=90s
`,
    "",
    [],
  ],
  [
    "the balancer's default",
    `
a: client
b: aws-nlb
c: server preStop=30s idleTimeout=90s
`,
    "",
    ["warning drain-before-deregistration b.deregistrationDelay c.preStop"],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter(
    (line) => line.split(" ")[1] === "drain-before-deregistration",
  );
  expect(mine).toEqual(found);
});

test("a server that is killed at a known time, and of which nobody says whether it waits, is not compared, and that is said", () => {
  const notJudged = (server: string, delay = " deregistrationDelay=30s"): readonly string[] =>
    judgePath(pathText(`u: client\na: aws-alb${delay}\nb: server idleTimeout=90s ${server}`)).notJudged;
  expect(notJudged("terminationGrace=60s")).toEqual([
    "how long b goes on serving once it is told to stop is not known (no preStop): not compared with the 30 s for which a goes on sending",
  ]);
  expect(notJudged("terminationGrace=60s preStop=40s")).toEqual([]);
  expect(notJudged("")).toEqual([]);
  // A delay that nobody chose says nothing of this path.
  expect(notJudged("terminationGrace=60s", "")).toEqual([]);
});
