import type { Message } from "../../netns/lab-plan.ts";
import { eachLine } from "./each-line.ts";

/** Reads what the lab tells this program: a line of JSON each on standard input. Whoever started it being gone, it goes too. */
export function onMessage(take: (message: Message) => void): void {
  eachLine(process.stdin, (line) => take(JSON.parse(line) as Message));
  process.stdin.on("close", () => process.exit(0));
}
