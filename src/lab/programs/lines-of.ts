import type { Readable } from "node:stream";

/** The lines of a body as they come, without their ends. Rejects as the body does. */
export async function* linesOf(body: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
