import type { NetworkBalancer } from "../scenario/scenario.ts";
import {
  type BalancerNode,
  balancerRules,
  forgetTargetRules,
  rechooseRules,
  translatorSettings,
} from "./balancer-rules.ts";
import { isChecked } from "./is-checked.ts";
import type { Command, PlannedFile, Program } from "./lab-plan.ts";
import { labProgram, on } from "./lab-program.ts";
import { mixSeed } from "./mix-seed.ts";
import type { PlannedPrograms, Play } from "./play.ts";
import type { HealthCheckConfig } from "./program-configs.ts";

/** A network balancer's nodes: the rules of each, and its health checks where the story has something for them to see. */
export function planBalancerNodes(balancer: NetworkBalancer, play: Play): Partial<PlannedPrograms> {
  const { scenario, topology, options } = play;
  const files: PlannedFile[] = [];
  const programs: Program[] = [];
  const commands: Command[] = [];
  for (const [n, host] of topology.balancers.entries()) {
    const node = nodeOf(play, n);
    if (!balancer.preserveClientIp) {
      commands.push({
        namespace: host.namespace,
        argv: ["sysctl", "-qw", ...translatorSettings(balancer.idleTimeoutMs)],
      });
    }
    commands.push({
      namespace: host.namespace,
      argv: ["nft", "-f", "-"],
      input: balancerRules(node, balancer, balancer.idleTimeoutMs),
    });
    if (!isChecked(scenario)) continue;
    const config: HealthCheckConfig = {
      ...balancer.healthCheck,
      targets: node.targets,
      port: node.port,
      mine: node.serving,
      choose: Object.fromEntries(
        subsetsOf(node.serving).map((serving) => [serving.join(","), rechooseRules({ ...node, serving }, balancer)]),
      ),
      forget: balancer.preserveClientIp ? node.targets.map((_, target) => forgetTargetRules(node, target)) : [],
    };
    const name = `health-check-${host.name}`;
    const { argv, file } = labProgram("health-check", { name, config }, options);
    files.push(file);
    programs.push({
      name,
      ...on(host),
      argv,
      log: `${name}.log`,
      ready: "checking",
      control: true,
      inner: true,
    });
  }
  return { programs, files, commands };
}

/** A balancer node as its rules need it: cross-zone nodes serve every target, others those of their own zone, where there are some. */
function nodeOf({ scenario, topology, options }: Play, n: number): BalancerNode {
  const { balancer, servers } = scenario.network;
  const host = topology.balancers[n];
  const all = topology.servers.map((_, i) => i);
  const own = all.filter((i) => topology.servers[i]?.zone === host?.zone);
  const serving = balancer?.kind === "network" && !balancer.crossZone && own.length > 0 ? own : all;
  return {
    six: topology.six,
    vip: host?.address ?? "",
    port: servers.port,
    targets: topology.servers.map(({ address }) => address),
    serving,
    hashSeed: mixSeed(options.seed, 10 + n),
  };
}

function subsetsOf(all: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_, i) => (bits >> i) & 1));
}
