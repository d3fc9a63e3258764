import type { Clients } from "../../scenario/scenario.ts";
import type { Caller } from "./caller.ts";
import { linesOf } from "./lines-of.ts";
import { wait } from "./pace.ts";
import { sayKlog } from "./say.ts";
import { textOf } from "./text-of.ts";

export interface WatchOptions {
  readonly resource: string;
  /** With `watch=true`. */
  readonly path: string;
  readonly watches: Clients["watches"];
  readonly dice: () => number;
  /** Named in log lines. */
  readonly file: string;
  readonly onEvent?: (event: { readonly type: string; readonly object: WatchedObject }) => void;
}

export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec?: { readonly renewTime?: string };
}

/** Holds one watch for ever: asked anew after the time that was agreed, and when it is lost, as a reflector of client-go does. */
export async function holdWatch(caller: Caller, options: WatchOptions): Promise<never> {
  const { minMs, maxMs } = options.watches;
  for (;;) {
    const seconds = (minMs + options.dice() * (maxMs - minMs)) / 1000;
    const path = `${options.path}&allowWatchBookmarks=true&timeoutSeconds=${seconds.toFixed(3)}`;
    try {
      const response = await caller.client.request({ path, headers: caller.headers });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      for await (const line of linesOf(response.body)) {
        if (line !== "") options.onEvent?.(JSON.parse(line));
      }
    } catch (error) {
      sayKlog("W", options.file, `watch of ${options.resource} ended with: ${textOf(error)}`);
      // As client-go's reflector backs off (800 ms to 30 s), scaled like the rest by what the watch lasts.
      await wait(100 + options.dice() * 200);
    }
  }
}
