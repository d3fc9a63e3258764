import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { HealthCheckConfig } from "../../netns/program-configs.ts";
import { onMessage } from "./control.ts";
import { say } from "./say.ts";

/** `health-check FILE`: a balancer node's look after its targets, by TCP connections, as a network balancer does. */
const config = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as HealthCheckConfig;
const states = new Map(config.mine.map((target) => [target, { healthy: true, streak: 0 }]));
const takenOut = new Set<number>();

onMessage((message) => {
  if (message.do === "register") {
    // New to the node, as far as it knows: healthy once enough checks say so.
    takenOut.delete(message.target);
    if (states.has(message.target)) states.set(message.target, { healthy: false, streak: 0 });
  }
  if (message.do !== "deregister") return;
  takenOut.add(message.target);
  choose();
  if (message.reset) setTimeout(() => nft(config.forget[message.target]), message.delayMs);
});
say("INFO", "checking");
for (const target of config.mine) setInterval(() => check(target), config.intervalMs);

/** A target that is taken out is not asked. */
function check(target: number): void {
  if (takenOut.has(target)) return;
  const socket = connect({ host: config.targets[target] ?? "", port: config.port });
  const done = (well: boolean): void => {
    clearTimeout(patience);
    socket.removeAllListeners();
    socket.on("error", () => {});
    socket.destroy();
    note(target, well);
  };
  const patience = setTimeout(() => done(false), config.timeoutMs);
  socket.once("connect", () => done(true));
  socket.once("error", () => done(false));
}

function note(target: number, well: boolean): void {
  const state = states.get(target);
  if (state === undefined) return;
  state.streak = well === state.healthy ? 0 : state.streak + 1;
  if (state.streak < (state.healthy ? config.unhealthyThreshold : config.healthyThreshold)) return;
  state.healthy = well;
  state.streak = 0;
  say("INFO", `target ${config.targets[target]} is ${well ? "healthy" : "unhealthy"}`);
  choose();
}

/** New flows go to healthy targets; where there is none, to all, as with AWS ("fail open"). */
function choose(): void {
  const registered = config.mine.filter((target) => !takenOut.has(target));
  const healthy = registered.filter((target) => states.get(target)?.healthy);
  nft(config.choose[(healthy.length > 0 ? healthy : registered).join(",")]);
}

function nft(rules: string | undefined): void {
  if (rules === undefined) return;
  const { status, stderr } = spawnSync("nft", ["-f", "-"], { input: rules, encoding: "utf8" });
  if (status !== 0) say("ERROR", `nft: ${stderr}`);
}
