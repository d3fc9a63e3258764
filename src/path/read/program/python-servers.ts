import { NEVER } from "../../setting.ts";
import { Flags, shellWords } from "../argv.ts";
import type { HopNotes, Written } from "../reading.ts";
import { seconds } from "../units.ts";
import { beginOf, type Started } from "./container.ts";

/** `uvicorn`: `--timeout-keep-alive` in seconds, or UVICORN_TIMEOUT_KEEP_ALIVE (uvicorn/main.py of encode/uvicorn@e6c7ce79). */
export function readUvicorn(started: Started): HopNotes {
  const hop = beginOf(started)({ role: "server", layer: 7, product: "uvicorn", protocol: "http1" });
  const { flags, env } = started;
  hop.take("idleTimeoutMs", flags.find("--timeout-keep-alive") ?? env("UVICORN_TIMEOUT_KEEP_ALIVE"), seconds);
  hop.take("drainMs", flags.find("--timeout-graceful-shutdown") ?? env("UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN"), seconds);
  return hop;
}

/** The worker that ignores keep-alive and closes each connection after one answer; gunicorn's default (gunicorn/config.py of benoitc/gunicorn@65ac1a3a). */
const SYNC = /^(?:sync|gunicorn\.workers\.sync\.SyncWorker)$/;

/** `gunicorn`: `--keep-alive` in seconds; GUNICORN_CMD_ARGS counts, the command line counts more. */
export function readGunicorn(started: Started): HopNotes {
  const { reading, flags, env } = started;
  const args = env("GUNICORN_CMD_ARGS");
  const more = new Flags(args === undefined ? [] : shellWords(args.text, args.line));
  const find = (...names: string[]): Written | undefined => flags.find(...names) ?? more.find(...names);
  const config = find("--config", "-c");
  // What another file may set has no default here: this one then adds to that one, or is not known.
  const product = config === undefined ? { product: "gunicorn" } : {};
  const hop = beginOf(started)({ role: "server", layer: 7, ...product, protocol: "http1" });
  hop.take("idleTimeoutMs", find("--keep-alive"), seconds);
  hop.take("drainMs", find("--graceful-timeout"), seconds);
  if (config !== undefined)
    reading.assume(
      config.line,
      "gunicorn reads a configuration file too: no default is assumed here, name it beside this file",
    );
  readWorker(started, hop, find("--worker-class", "-k"), find("--threads"), config !== undefined);
  return hop;
}

/** More than one thread turns `sync` into `gthread`, which keeps connections. */
function readWorker(
  { reading, line, key }: Started,
  hop: HopNotes,
  worker: Written | undefined,
  threads: Written | undefined,
  more: boolean,
): void {
  if (threads !== undefined && Number(threads.text) > 1) return hop.set("maxRequests", NEVER, threads);
  if (worker !== undefined) {
    if (SYNC.test(worker.text)) hop.set("maxRequests", 1, worker, "derived");
    // It stands over a configuration file that says nothing of it.
    else hop.set("maxRequests", NEVER, worker);
  } else if (!more) {
    hop.derive("maxRequests", 1, { line, key, text: "" });
    reading.assume(
      line,
      "no worker class is given: gunicorn's default, sync, keeps no connections whatever keep-alive says",
    );
  }
}

/** `hypercorn`: `--keep-alive` in seconds. */
export function readHypercorn(started: Started): HopNotes {
  const hop = beginOf(started)({ role: "server", layer: 7, product: "hypercorn" });
  hop.take("idleTimeoutMs", started.flags.find("--keep-alive"), seconds);
  hop.take("drainMs", started.flags.find("--graceful-timeout"), seconds);
  return hop;
}
