import type { Clients } from "../scenario/scenario.ts";
import type { Story } from "./adapt.ts";
import {
  type BalancerNode,
  balancerRules,
  forgetTargetRules,
  rechooseRules,
  translatorSettings,
} from "./balancer-rules.ts";
import type { LabOptions } from "./lab-options.ts";
import type { Command, Host, PlannedFile, Program } from "./lab-plan.ts";
import { isSlow } from "./network-commands.ts";
import type { ClientsConfig, HealthCheckConfig, ServerConfig } from "./program-configs.ts";
import { CONFIG } from "./proxy/proxy.ts";
import { proxyOf } from "./proxy/proxy-of.ts";
import { plain, type Topology } from "./topology.ts";

export interface PlannedPrograms {
  readonly programs: readonly Program[];
  readonly files: readonly PlannedFile[];
  /** Rules and settings of the balancer's nodes. */
  readonly commands: readonly Command[];
  /** What programs do otherwise than the scenario says. */
  readonly said: readonly string[];
}

/** Who runs where: the store, servers, the balancer's health checks or the proxy, clients. */
export function planPrograms(scenario: Story, topology: Topology, options: LabOptions): PlannedPrograms {
  const { network } = scenario;
  const files: PlannedFile[] = [];
  const programs: Program[] = [];
  const lab = (name: string, program: string, config: object): readonly string[] => {
    files.push({ path: `config/${name}.json`, text: `${JSON.stringify(config, undefined, 1)}\n` });
    return [
      options.programs.node,
      `${options.programs.folder}/${program}${options.programs.ending}`,
      `${options.folder}/config/${name}.json`,
    ];
  };
  const on = (host: Host): { readonly host: string; readonly namespace: string } => ({
    host: host.name,
    namespace: host.namespace,
  });
  const store = network.kubernetes === undefined ? undefined : `${options.folder}/store.sock`;
  if (store !== undefined) {
    const argv = [options.programs.node, `${options.programs.folder}/object-store${options.programs.ending}`, store];
    programs.push({
      name: "store",
      host: topology.router.name,
      argv,
      log: "store.log",
      ready: "store ready",
      first: true,
      early: true,
      inner: true,
    });
  }
  if (options.tools.delay === "line" && isSlow(scenario)) {
    const ends = topology.all.flatMap(({ namespace, link }) =>
      link === undefined
        ? []
        : [
            [
              { namespace, device: "eth0" },
              { namespace: topology.router.namespace, device: link },
            ],
          ],
    );
    const argv = [
      `${options.go}/delay`,
      lab("delay-line", "", { ...network.links, seed: options.seed, pairs: ends })[2] ?? "",
    ];
    programs.push({
      name: "delay-line",
      host: topology.router.name,
      argv,
      log: "delay-line.log",
      ready: "line ready",
      first: true,
      early: true,
      control: true,
      inner: true,
    });
  }
  const { count: _, ...servers } = network.servers;
  for (const [i, host] of topology.servers.entries()) {
    const config: ServerConfig = {
      name: host.name,
      address: host.address,
      servers,
      keyFile: `${options.folder}/key.pem`,
      certFile: `${options.folder}/cert.pem`,
      ...(servers.protocol === "http2" ? { keyLog: `${options.folder}/evidence/sslkeys.log` } : {}),
      ...(store === undefined ? {} : { store }),
      bookmarkMs: 60_000 / options.timeScale,
      seed: mix(options.seed, 100 + i),
    };
    programs.push({
      name: host.name,
      ...on(host),
      argv: lab(host.name, "server", config),
      log: `${host.name}.log`,
      ready: "listening",
      early: true,
      control: true,
    });
  }
  const { balancer } = network;
  const commands: Command[] = [];
  if (balancer?.kind === "network") {
    for (const [n, host] of topology.balancers.entries()) {
      const node = nodeOf(scenario, topology, n, options.seed);
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
      if (!scenario.story.some(({ what }) => CHECKED.has(what))) continue;
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
      programs.push({
        name,
        ...on(host),
        argv: lab(name, "health-check", config),
        log: `${name}.log`,
        ready: "checking",
        control: true,
        inner: true,
      });
    }
  }
  const [host] = topology.proxies;
  const said: string[] = [];
  if (balancer?.kind === "application" && host !== undefined) {
    const software = options.proxy ?? "nginx";
    const place = {
      address: host.address,
      port: servers.port,
      targets: topology.servers.map(({ address }) => address),
      protocol: balancer.protocol ?? servers.protocol,
      targetProtocol: servers.protocol,
      work: `${options.folder}/proxy`,
      logs: `${options.folder}/evidence`,
      keyFile: `${options.folder}/key.pem`,
      certFile: `${options.folder}/cert.pem`,
      bothFile: `${options.folder}/both.pem`,
    };
    const proxy = proxyOf(software, balancer, place);
    files.push({ path: `proxy/${CONFIG}`, text: proxy.config });
    for (const server of topology.servers) {
      const others = place.targets.filter((address) => address !== server.address);
      const { config } = proxyOf(software, balancer, { ...place, targets: others });
      files.push({ path: `proxy/without-${server.name}.conf`, text: config });
    }
    const log = proxy.logs ? { log: "balancer-access.log" } : ({ log: `${software}.log`, inner: true } as const);
    // HAProxy's log has no zone: its reader takes it for UTC.
    const env = { TZ: "UTC" };
    programs.push({ name: software, ...on(host), argv: proxy.argv, env, ...log, early: true, reload: proxy.reload });
    said.push(...proxy.said);
  }
  const addresses = addressesOf(topology);
  const protocol = (balancer?.kind === "application" ? balancer.protocol : undefined) ?? servers.protocol;
  for (const [group, hosts] of Object.entries(topology.clients)) {
    const clients = network.clients[group];
    if (clients === undefined) continue;
    for (const [i, host] of hosts.entries()) {
      const names = namesOf(group, clients, i, hosts.length);
      if (names.length === 0) continue;
      const name = hosts.length === 1 ? `clients-${plain(group)}` : `clients-${plain(group)}-${i + 1}`;
      const config: ClientsConfig = {
        group,
        names,
        protocol,
        addresses,
        port: servers.port,
        clients: withoutHosts(clients),
        ...(network.kubernetes === undefined ? {} : { kubernetes: network.kubernetes }),
        // A proxy ends the clients' TLS, and keeps its secrets to itself.
        ...(topology.proxies.length > 0 && protocol === "http2"
          ? { keyLog: `${options.folder}/evidence/sslkeys.log` }
          : {}),
        seed: mix(options.seed, 1000 + programs.length),
      };
      const argv = lab(name, "clients", config);
      // What Go sends again is not to be chosen: exactly what was surely not processed.
      const inGo =
        options.go !== undefined &&
        protocol === "http2" &&
        clients.kind !== "kubelet" &&
        clients.retries === "unprocessed";
      const go = inGo
        ? { argv: [`${options.go}/h2clients`, argv[2] ?? ""], env: { GODEBUG: "http2debug=2" } }
        : { argv };
      programs.push({ name, ...on(host), ...go, log: `${name}.log`, ready: "ready", control: true });
      if (clients.kind === "controller" && i === 0 && options.tools.kubectl)
        programs.push(kubectl(scenario, topology, { host, options }));
    }
  }
  return { programs, files, commands, said };
}

/** A person in front of `kubectl get nodes --watch`, who starts it again when it ends; its health check is told by its environment. */
function kubectl(
  scenario: Story,
  topology: Topology,
  place: { readonly host: Host; readonly options: LabOptions },
): Program {
  const { host, options } = place;
  const [address = ""] = addressesOf(topology);
  const seconds = (real: number): string => `${Math.max(1, Math.round(real / options.timeScale))}`;
  const server = `https://${address.includes(":") ? `[${address}]` : address}:${scenario.network.servers.port}`;
  return {
    name: "kubectl",
    host: host.name,
    namespace: host.namespace,
    argv: [
      "kubectl",
      "--server",
      server,
      "--insecure-skip-tls-verify=true",
      // The servers take anybody; without a word kubectl would ask for a name.
      "--token=anybody",
      `--cache-dir=${options.folder}/kubectl`,
      "get",
      "nodes",
      "--watch",
    ],
    env: {
      HOME: options.folder,
      KUBECONFIG: "/dev/null",
      // Of k8s.io/apimachinery, pkg/util/net/http.go; by default 30 and 15.
      HTTP2_READ_IDLE_TIMEOUT_SECONDS: seconds(30),
      HTTP2_PING_TIMEOUT_SECONDS: seconds(15),
    },
    log: "kubectl.log",
    restarts: true,
  };
}

/** What the service's name resolves to. */
export function addressesOf(topology: Topology): readonly string[] {
  const front = [...topology.balancers, ...topology.proxies];
  return (front.length > 0 ? front : topology.servers).map(({ address }) => address);
}

/** A balancer node as its rules need it: cross-zone nodes serve every target, others those of their own zone, where there are some. */
export function nodeOf(scenario: Story, topology: Topology, n: number, seed: number): BalancerNode {
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
    hashSeed: mix(seed, 10 + n),
  };
}

/** Happenings that health checks see, or that the node must be told of. */
const CHECKED: ReadonlySet<string> = new Set([
  "rolling-update",
  "server-restart",
  "server-killed",
  "server-lost",
  "server-hung",
  "deregister",
]);

function subsetsOf(all: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_, i) => (bits >> i) & 1));
}

/** The clients of a group that run on its `i`-th host. */
function namesOf(group: string, clients: Clients, i: number, hosts: number): readonly string[] {
  return Array.from({ length: clients.count }, (_, k) => `${group}-${k + 1}`).filter((_, k) => k % hosts === i);
}

function withoutHosts({ count, portRange, twReuse, nat, hosts, ...rest }: Clients): ClientsConfig["clients"] {
  return rest;
}

/** Another seed for each program that follows from the run's (Knuth's multiplicative hash). */
const mix = (seed: number, index: number): number => (Math.imul(seed + 1, 2654435761) ^ Math.imul(index, 40503)) >>> 0;
