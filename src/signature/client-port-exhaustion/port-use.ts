import { type Endpoint, printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { remember } from "../remember.ts";
import type { Log, Scene } from "../scene.ts";
import type { LogEvidence } from "../signature.ts";

/** The range from which a host's kernel takes source ports (Linux ip-sysctl, ip_local_port_range). */
export interface PortRange {
  readonly low: number;
  readonly high: number;
  readonly log: Log;
  readonly line: number;
}

/** What a socket table shows of one host's ports towards one destination. */
export interface PortUse {
  readonly client: string;
  readonly server: Endpoint;
  readonly log: Log;
  /** Ports in use, ascending, with the line of each; those in TIME-WAIT too. */
  readonly ports: readonly { readonly port: number; readonly line: number; readonly state: string }[];
}

/** The range that a sysctl output or file in the evidence states, where it is one and the same. */
export const portRange: (scene: Scene) => PortRange | undefined = remember((scene: Scene) => {
  const found = scene.logs.flatMap((log) =>
    log.entries.flatMap(({ content, line }) => {
      if (content.kind !== "sysctl" || content.name !== "net.ipv4.ip_local_port_range") return [];
      const [low = 0, high = 0] = content.value.split(/\s+/).map(Number);
      return low > 0 && high >= low && high <= 65_535 ? [{ low, high, log, line }] : [];
    }),
  );
  const [first] = found;
  return first !== undefined && found.every((r) => r.low === first.low && r.high === first.high) ? first : undefined;
});

/** Whether a port in TIME-WAIT may be used again for the same destination (Linux ip-sysctl, tcp_tw_reuse = 1). */
const reusesTimeWait: (scene: Scene) => boolean = remember((scene: Scene) =>
  scene.logs.some((log) =>
    log.entries.some(
      ({ content }) => content.kind === "sysctl" && content.name === "net.ipv4.tcp_tw_reuse" && content.value === "1",
    ),
  ),
);

/** Ports in use towards each destination, by the socket tables in the evidence. */
export const portUses: (scene: Scene) => readonly PortUse[] = remember((scene: Scene) => scene.logs.flatMap(usesIn));

function usesIn(log: Log): PortUse[] {
  const groups = new Map<
    string,
    { client: string; server: Endpoint; ports: Map<number, { line: number; state: string }> }
  >();
  for (const { content, line } of log.entries) {
    if (content.kind !== "socket" || content.state === "LISTEN") continue;
    const { local, remote, state } = content;
    if (local === undefined || remote === undefined || remote.port === 0) continue;
    const key = `${local.address} ${printEndpoint(remote)}`;
    const group = groups.get(key) ?? { client: local.address, server: remote, ports: new Map() };
    group.ports.set(local.port, { line, state });
    groups.set(key, group);
  }
  return [...groups.values()].map(({ client, server, ports }) => ({
    client,
    server,
    log,
    ports: [...ports].map(([port, rest]) => ({ port, ...rest })).sort((a, b) => a.port - b.port),
  }));
}

/** Fewer ports than this are no range. */
const SMALLEST = 4;

/** Whether a socket table shows every port of the range in use; `undefined` range: nothing is known. */
export function isFull(scene: Scene, use: PortUse): boolean {
  const range = portRange(scene);
  if (range === undefined || range.high - range.low + 1 < SMALLEST) return false;
  const reuse = reusesTimeWait(scene);
  const held = use.ports.filter(
    ({ port, state }) => port >= range.low && port <= range.high && !(reuse && state === "TIME-WAIT"),
  );
  return held.length === range.high - range.low + 1;
}

/** The socket table of the ports towards a destination; of the fullest client where several are known. */
export function useTowards(scene: Scene, server: Endpoint | undefined): PortUse | undefined {
  return portUses(scene)
    .filter((use) => server === undefined || sameEndpoint(use.server, server))
    .reduce<PortUse | undefined>((a, b) => (a === undefined || b.ports.length > a.ports.length ? b : a), undefined);
}

/** Lines of the table and of the range that show it: the lowest and the highest port. */
export function useShown(scene: Scene, use: PortUse): readonly LogEvidence[] {
  const range = portRange(scene);
  const [low, high] = [use.ports[0], use.ports[use.ports.length - 1]];
  const to = printEndpoint(use.server);
  return [
    ...(low === undefined
      ? []
      : [{ log: use.log.index, line: low.line, shows: `port ${low.port} towards ${to}: ${low.state}` }]),
    ...(high === undefined || high === low
      ? []
      : [
          {
            log: use.log.index,
            line: high.line,
            shows: `${use.ports.length} ports up to ${high.port} towards ${to}: ${high.state}`,
          },
        ]),
    ...(range === undefined
      ? []
      : [
          {
            log: range.log.index,
            line: range.line,
            shows: `the kernel takes source ports from ${range.low} to ${range.high}`,
          },
        ]),
  ];
}
