import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { isChecked } from "../is-checked.ts";
import type { PlannedFile, Program } from "../lab-plan.ts";
import { on } from "../lab-program.ts";
import type { PlannedPrograms, Play } from "../play.ts";
import { CONFIG, type ProxyPlace } from "./proxy.ts";
import { proxyOf } from "./proxy-of.ts";

/** An application balancer as the software that the run asks for: with all targets, and a file for each that may be taken out. */
export function planProxy(
  balancer: ApplicationBalancer,
  { scenario, topology, options }: Play,
): Partial<PlannedPrograms> {
  const [host] = topology.proxies;
  if (host === undefined) return {};
  const { servers } = scenario.network;
  const software = options.proxy ?? "nginx";
  const place: ProxyPlace = {
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
  const { config, argv, reload, logs, said } = proxyOf(software, balancer, place);
  const without = topology.servers.map((server): PlannedFile => {
    const targets = place.targets.filter((address) => address !== server.address);
    return {
      path: `proxy/without-${server.name}.conf`,
      text: proxyOf(software, balancer, { ...place, targets }).config,
    };
  });
  const log = logs ? { log: "balancer-access.log" } : ({ log: `${software}.log`, inner: true } as const);
  // HAProxy's log has no zone: its reader takes it for UTC.
  const env = { TZ: "UTC" };
  const program: Program = { name: software, ...on(host), argv, env, ...log, early: true, reload };
  return {
    programs: [program],
    files: [{ path: `proxy/${CONFIG}`, text: config }, ...without],
    said: [...said, ...(isChecked(scenario) ? [`${software} makes no health checks`] : [])],
  };
}
