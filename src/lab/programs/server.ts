import { readFileSync } from "node:fs";
import type { ServerConfig } from "../../netns/program-configs.ts";
import { onMessage } from "./control.ts";
import { diceOf } from "./dice.ts";
import { serveHttp1 } from "./serve-http1.ts";
import { serveHttp2 } from "./serve-http2.ts";

/** `server FILE`: one of the targets. */
const config = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as ServerConfig;
const dice = diceOf(config.seed);
const take = config.servers.protocol === "http1" ? serveHttp1(config, dice) : await serveHttp2(config, dice);
onMessage((message) => take(message));
