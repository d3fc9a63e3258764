import { createInterface } from "node:readline";
import type { Message } from "../../netns/lab-plan.ts";

/** Reads what the lab tells this program: a line of JSON each on standard input. Whoever started it being gone, it goes too. */
export function onMessage(take: (message: Message) => void): void {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => take(JSON.parse(line) as Message));
  lines.on("close", () => process.exit(0));
}
