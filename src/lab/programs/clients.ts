import { readFileSync } from "node:fs";
import type { ClientsConfig } from "../../netns/program-configs.ts";
import { callerOf, type Names } from "./caller.ts";
import { onMessage } from "./control.ts";
import { runController } from "./controller.ts";
import { diceOf } from "./dice.ts";
import { runHttp1Client } from "./http1-client.ts";
import { runHttp2Client } from "./http2-client.ts";
import { runKubelet } from "./kubelet.ts";
import { Pace } from "./pace.ts";

/** `clients FILE`: the clients of one group on one host, many in a process. They begin when told to start. */
const config = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as ClientsConfig;
const dice = diceOf(config.seed);
const names: Names = { addresses: config.addresses };
const paces: Pace[] = [];
let started = false;

onMessage((message) => {
  if (message.do === "addresses") names.addresses = message.addresses;
  if (message.do === "start" && !started) {
    started = true;
    for (const name of config.names) start(name);
  }
  for (const pace of paces) pace.take(message);
});
process.stdout.write(`${new Date().toISOString()} INFO ${config.group} ready: ${config.names.length} clients\n`);

function start(name: string): void {
  const { kind, connections, requests } = config.clients;
  const paceOf = (everyMs: number, spacing: "steady" | "poisson" = "steady"): Pace => {
    const pace = new Pace({ everyMs, spacing }, dice);
    paces.push(pace);
    return pace;
  };
  const callers = () => Array.from({ length: connections }, () => callerOf(config, names, dice, config.group));
  // Without a cluster there is nothing to renew and nothing to judge: what is left of either is its requests and watches.
  switch (config.kubernetes === undefined ? "plain" : kind) {
    case "kubelet": {
      const { leaseRenewMs = 10_000, nodeStatusMs = 300_000 } = config.kubernetes ?? {};
      void runKubelet(name, callers(), config, { pace: paceOf(leaseRenewMs), statusPace: paceOf(nodeStatusMs), dice });
      return;
    }
    case "controller":
      void runController(name, callers(), config, { pace: paceOf(requests.everyMs, requests.spacing), dice });
      return;
    case "plain":
      if (config.protocol === "http1") {
        const each = Array.from({ length: connections }, () => paceOf(requests.everyMs, requests.spacing));
        if (requests.everyMs > 0) runHttp1Client(name, config, names, { paces: each, dice });
        return;
      }
      for (const caller of callers())
        runHttp2Client(name, caller, config, { pace: paceOf(requests.everyMs, requests.spacing), dice });
  }
}
