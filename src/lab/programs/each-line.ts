import type { Readable } from "node:stream";

/** Hands on a stream's lines as they come. Unlike node:readline it does not turn an error of the stream into one of its own, which nobody hears. */
export function eachLine(input: Readable, take: (line: string) => void): void {
  let rest = "";
  input.setEncoding("utf8");
  input.on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) take(line);
  });
}
