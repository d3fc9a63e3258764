import { expect, test } from "vitest";
import { kubectlWatch } from "./kubectl-watch.ts";

const LOSS = "E1 unable to decode an event from the watch stream: http2: client connection lost";

test("a watch that went on has nothing to show", () => {
  expect(kubectlWatch("NAME   STATUS\nnode-1 Ready\n")).toEqual({ lost: 0, begun: 1 });
});

test("around the first loss: three lines before it, and until another watch shows three nodes", () => {
  const nodes = ["node-1 Ready", "node-2 Ready", "node-3 Ready", "node-4 Ready"];
  const lines = ["NAME   STATUS", ...nodes, LOSS, "NAME   STATUS", ...nodes, LOSS];
  const { lost, begun, printed } = kubectlWatch(lines.join("\n"));
  expect({ lost, begun }).toEqual({ lost: 2, begun: 2 });
  expect(printed?.map(({ text }) => text)).toEqual(lines.slice(2, 10));
  expect(printed?.filter((line) => line.lost)).toEqual([{ text: LOSS, lost: true }]);
});

test("a loss with which the log ends is its last line", () => {
  expect(kubectlWatch(`NAME   STATUS\n${LOSS}\n`).printed?.at(-1)).toEqual({ text: LOSS, lost: true });
});
