import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { perform } from "./world-process.ts";

/** The kernel's own word on every RST it sends and why (tracepoint tcp:tcp_send_reset, include/trace/events/tcp.h; reasons since Linux 6.10). */
export type Tracing =
  | { readonly kind: "on"; readonly end: () => Promise<string> }
  | { readonly kind: "off"; readonly because: string };

const TRACING = "/sys/kernel/tracing";

/**
 * Opens a trace of this run's own beside any that the host has: an instance with its own buffer. It sees the whole kernel; the lines with this run's addresses
 * (`mine`) are kept. Needs root; without it says why there is none.
 */
export async function startTracing(name: string, mine: RegExp): Promise<Tracing> {
  const { status } = await perform({ argv: ["mount", "-t", "tracefs", "tracefs", TRACING], mayFail: true });
  if (status !== 0) return { kind: "off", because: "the kernel's trace points are for root" };
  if (!existsSync(`${TRACING}/events/tcp/tcp_send_reset`))
    return { kind: "off", because: "this kernel has no tracepoint tcp_send_reset" };
  const instance = `${TRACING}/instances/halfopen-${name}`;
  try {
    mkdirSync(instance);
    writeFileSync(`${instance}/events/tcp/tcp_send_reset/enable`, "1");
  } catch (error) {
    return { kind: "off", because: error instanceof Error ? error.message : String(error) };
  }
  return {
    kind: "on",
    end: async () => {
      const text = readFileSync(`${instance}/trace`, "utf8");
      writeFileSync(`${instance}/events/tcp/tcp_send_reset/enable`, "0");
      rmdirSync(instance);
      return text
        .split("\n")
        .filter((line) => mine.test(line))
        .join("\n");
    },
  };
}
