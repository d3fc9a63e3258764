import type { Program } from "./lab-plan.ts";
import { configFile, labProgram, on } from "./lab-program.ts";
import { mixSeed } from "./mix-seed.ts";
import { isSlow } from "./network-commands.ts";
import { planBalancerNodes } from "./plan-balancer-nodes.ts";
import { planClients } from "./plan-clients.ts";
import type { PlannedPrograms, Play } from "./play.ts";
import type { ServerConfig } from "./program-configs.ts";
import { planProxy } from "./proxy/plan-proxy.ts";

/** Who runs where: the store, servers, the balancer's health checks or the proxy, clients. */
export function planPrograms(play: Play): PlannedPrograms {
  const { balancer } = play.scenario.network;
  const before = [
    planStore(play),
    planDelayLine(play),
    planServers(play),
    ...(balancer?.kind === "network" ? [planBalancerNodes(balancer, play)] : []),
    ...(balancer?.kind === "application" ? [planProxy(balancer, play)] : []),
  ];
  const count = before.reduce((sum, { programs = [] }) => sum + programs.length, 0);
  const parts = [...before, planClients(play, count)];
  return {
    programs: parts.flatMap(({ programs = [] }) => programs),
    files: parts.flatMap(({ files = [] }) => files),
    commands: parts.flatMap(({ commands = [] }) => commands),
    said: parts.flatMap(({ said = [] }) => said),
  };
}

const storeOf = ({ scenario, options }: Play): string | undefined =>
  scenario.network.kubernetes === undefined ? undefined : `${options.folder}/store.sock`;

/** Kubernetes objects, which all servers share. */
function planStore(play: Play): Partial<PlannedPrograms> {
  const { topology, options } = play;
  const store = storeOf(play);
  if (store === undefined) return {};
  const argv = [options.programs.node, `${options.programs.folder}/object-store${options.programs.ending}`, store];
  const program: Program = {
    name: "store",
    host: topology.router.name,
    argv,
    log: "store.log",
    ready: "store ready",
    first: true,
    early: true,
    inner: true,
  };
  return { programs: [program] };
}

/** The lab's own delay, between each host's end of its link and the router's. */
function planDelayLine({ scenario, topology, options }: Play): Partial<PlannedPrograms> {
  if (options.tools.delay !== "line" || !isSlow(scenario)) return {};
  const pairs = topology.all.flatMap(({ namespace, link }) =>
    link === undefined
      ? []
      : [
          [
            { namespace, device: "eth0" },
            { namespace: topology.router.namespace, device: link },
          ],
        ],
  );
  const file = configFile("delay-line", { ...scenario.network.links, seed: options.seed, pairs });
  const program: Program = {
    name: "delay-line",
    host: topology.router.name,
    argv: [`${options.go}/delay`, `${options.folder}/${file.path}`],
    log: "delay-line.log",
    ready: "line ready",
    first: true,
    early: true,
    control: true,
    carries: true,
    inner: true,
  };
  return { programs: [program], files: [file] };
}

function planServers(play: Play): Partial<PlannedPrograms> {
  const { scenario, topology, options } = play;
  const { count: _, ...servers } = scenario.network.servers;
  const store = storeOf(play);
  const planned = topology.servers.map((host, i) => {
    const config: ServerConfig = {
      name: host.name,
      address: host.address,
      servers,
      keyFile: `${options.folder}/key.pem`,
      certFile: `${options.folder}/cert.pem`,
      ...(servers.protocol === "http2" ? { keyLog: `${options.folder}/evidence/sslkeys.log` } : {}),
      ...(store === undefined ? {} : { store }),
      bookmarkMs: 60_000 / options.timeScale,
      seed: mixSeed(options.seed, 100 + i),
    };
    const { argv, file } = labProgram("server", { name: host.name, config }, options);
    const program: Program = {
      name: host.name,
      ...on(host),
      argv,
      log: `${host.name}.log`,
      ready: "listening",
      early: true,
      control: true,
    };
    return { program, file };
  });
  return { programs: planned.map(({ program }) => program), files: planned.map(({ file }) => file) };
}
