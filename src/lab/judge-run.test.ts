import { expect, test } from "vitest";
import type { Incident } from "../incident/explanation.ts";
import { judgeRun } from "./judge-run.ts";

/** Only what is looked at. */
const incident = (cause: string, more: Partial<Incident> = {}): Incident =>
  ({ cause, confidence: "certain", at: 100n, ...more }) as Incident;

test.each([
  ["the cause", { cause: "process-gone" }, [incident("process-gone")], true],
  [
    "the cause and what follows from it",
    { cause: "process-gone" },
    [incident("process-gone"), incident("connection-refused")],
    true,
  ],
  [
    "the cause and something undecided",
    { cause: "silent-idle-drop" },
    [incident("silent-idle-drop"), incident("inconclusive")],
    true,
  ],
  [
    "the cause and another",
    { cause: "silent-idle-drop" },
    [incident("silent-idle-drop"), incident("peer-vanished")],
    false,
  ],
  ["another", { cause: "silent-idle-drop" }, [incident("keep-alive-race")], false],
  ["nothing where something was done", { cause: "silent-idle-drop" }, [], false],
  [
    "another variant of it",
    { cause: "silent-idle-drop", variant: "blackhole" },
    [incident("silent-idle-drop", { variant: "reset-on-next-packet" })],
    false,
  ],
  ["nothing where nothing was", {}, [], true],
  ["something undecided where nothing was", {}, [incident("inconclusive")], false],
  [
    "losses alike that began before losses count, and went on",
    { cause: "process-gone" },
    [incident("process-gone", { at: 9n, until: 30n })],
    true,
  ],
  ["a loss before losses count", {}, [incident("process-gone", { at: 9n })], true],
] as const)("%s", (_, expected, incidents, agrees) => {
  expect(judgeRun(expected, { incidents: [...incidents] }, 10n).agrees).toBe(agrees);
});
