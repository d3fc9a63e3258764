import type { Clients } from "../scenario/scenario.ts";
import type { Host, PlannedFile, Program } from "./lab-plan.ts";
import { labProgram, on } from "./lab-program.ts";
import { mixSeed } from "./mix-seed.ts";
import type { PlannedPrograms, Play } from "./play.ts";
import type { ClientsConfig } from "./program-configs.ts";
import { addressesOf, plain } from "./topology.ts";

/** The clients of each group on its hosts, and kubectl beside a controller. Their seeds follow from how many programs are planned before them. */
export function planClients(play: Play, before: number): Partial<PlannedPrograms> {
  const { scenario, topology, options } = play;
  const { network } = scenario;
  const { balancer, servers } = network;
  const files: PlannedFile[] = [];
  const programs: Program[] = [];
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
        seed: mixSeed(options.seed, 1000 + before + programs.length),
      };
      const { argv, file } = labProgram("clients", { name, config }, options);
      files.push(file);
      // What Go sends again is not to be chosen: exactly what was surely not processed.
      const inGo =
        options.go !== undefined &&
        protocol === "http2" &&
        clients.kind !== "kubelet" &&
        clients.retries === "unprocessed";
      const go = inGo ? { argv: [`${options.go}/h2clients`, argv[2]], env: { GODEBUG: "http2debug=2" } } : { argv };
      programs.push({ name, ...on(host), ...go, log: `${name}.log`, ready: "ready", control: true });
      if (clients.kind === "controller" && i === 0 && options.tools.kubectl) programs.push(kubectl(play, host));
    }
  }
  return { programs, files };
}

/** A person in front of `kubectl get nodes --watch`, who starts it again when it ends; its health check is told by its environment. */
function kubectl({ scenario, topology, options }: Play, host: Host): Program {
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

/** The clients of a group that run on its `i`-th host. */
function namesOf(group: string, clients: Clients, i: number, hosts: number): readonly string[] {
  return Array.from({ length: clients.count }, (_, k) => `${group}-${k + 1}`).filter((_, k) => k % hosts === i);
}

function withoutHosts({ count, portRange, twReuse, nat, hosts, ...rest }: Clients): ClientsConfig["clients"] {
  return rest;
}
