import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "clients on targets",
    `
a: client
b: aws-nlb clientIpPreservation=true
c: server
`,
    "clientsAreTargets: true",
    ["error hairpin-prone b.clientIpPreservation"],
  ],
  [
    "addresses are translated",
    `
a: client
b: aws-nlb clientIpPreservation=false
c: server
`,
    "clientsAreTargets: true",
    [],
  ],
  [
    "clients elsewhere",
    `
a: client
b: aws-nlb clientIpPreservation=true
c: server
`,
    "",
    [],
  ],
  [
    "a proxy has an address of its own",
    `
a: client
b: aws-alb
c: server
`,
    "clientsAreTargets: true",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "hairpin-prone");
  expect(mine).toEqual(found);
});
