import type { ClientsConfig } from "../../netns/program-configs.ts";
import type { Caller } from "./caller.ts";
import { keepPace, type Pace } from "./pace.ts";
import { say } from "./say.ts";
import { textOf } from "./text-of.ts";
import { holdWatch } from "./watch.ts";

/** A plain client over HTTP/2: its requests, and long streams if it holds some. */
export function runHttp2Client(
  name: string,
  caller: Caller,
  config: ClientsConfig,
  options: { readonly pace: Pace; readonly dice: () => number },
): void {
  const { requests, watches, requestTimeoutMs } = config.clients;
  for (let i = 0; i < watches.count; i += 1) {
    void holdWatch(caller, {
      resource: "events",
      path: "/watch?watch=true",
      watches,
      dice: options.dice,
      file: "http2-client.ts:1",
    });
  }
  if (requests.everyMs === 0) return;
  let asked = 0;
  // One request does not wait for another: a connection carries many.
  let open = 0;
  void keepPace(options.pace, async () => {
    if (open < MOST_OPEN) void ask();
  });
  const ask = async (): Promise<void> => {
    open += 1;
    // Each its own: whether a request was sent again can be told by its path.
    const path = `/work?bytes=${requests.responseBytes}&of=${name}&number=${asked++}`;
    const began = performance.now();
    try {
      const response = await caller.client.request({
        method: requests.method,
        path,
        headers: caller.headers,
        ...(requests.method === "GET" ? {} : { body: Buffer.alloc(requests.requestBytes, "x") }),
        ...(requestTimeoutMs === 0 ? {} : { timeoutMs: requestTimeoutMs }),
      });
      await response.bytes();
      say("INFO", `${name} ${requests.method} ${path} ${response.status} ${Math.round(performance.now() - began)} ms`);
    } catch (error) {
      say(
        "ERROR",
        `${name} ${requests.method} ${path} failed after ${Math.round(performance.now() - began)} ms: ${textOf(error)}`,
      );
    }
    open -= 1;
  };
}

/** Requests of one client that may be open at once: as many as most servers allow on a connection. */
const MOST_OPEN = 100;
