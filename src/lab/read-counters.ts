import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COUNTERS } from "../netns/balancer-rules.ts";
import type { LabPlan } from "../netns/lab-plan.ts";

/** What the kernels counted in the course of a run: nothing in it is inferred. */
export interface Counted {
  /** SYNs on open connections that were answered with a challenge ACK (TcpExtTCPSYNChallenge), by server. */
  readonly challenges: Readonly<Record<string, number>>;
  /** RSTs sent (TcpOutRsts), by host. */
  readonly resetsSent: Readonly<Record<string, number>>;
  /** Connections begun (TcpActiveOpens), by host. */
  readonly opened: Readonly<Record<string, number>>;
  /** By balancer node, under CloudWatch's names. */
  readonly balancers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Each RST that the kernel sent in the run, as its tracepoint told it; absent: no trace. */
  readonly resets?: readonly TracedReset[];
}

export interface TracedReset {
  readonly from: string;
  readonly to: string;
  readonly state: string;
  readonly reason: string;
}

export function readCounters(plan: LabPlan, folders: { readonly evidence: string; readonly truth: string }): Counted {
  const rise = (host: string, name: string): number =>
    countIn(folders.evidence, `${host}-nstat-after.txt`, name) -
    countIn(folders.evidence, `${host}-nstat-before.txt`, name);
  const hosts = plan.hosts.filter(({ kind }) => kind !== "router");
  const each = (of: typeof hosts, name: string): Record<string, number> =>
    Object.fromEntries(of.map((host) => [host.name, rise(host.name, name)]));
  const traced = join(folders.truth, "resets.txt");
  return {
    challenges: each(
      hosts.filter(({ kind }) => kind === "server"),
      "TcpExtTCPSYNChallenge",
    ),
    resetsSent: each(hosts, "TcpOutRsts"),
    opened: each(hosts, "TcpActiveOpens"),
    balancers: Object.fromEntries(
      hosts
        .filter(({ kind }) => kind === "balancer")
        .map(({ name }) => [name, balancerCounters(join(folders.truth, `${name}-counters.json`))]),
    ),
    ...(existsSync(traced) ? { resets: tracedResets(readFileSync(traced, "utf8")) } : {}),
  };
}

/** One of nstat's lines: name, value, rate. */
function countIn(folder: string, file: string, name: string): number {
  if (!readdirSync(folder).includes(file)) return 0;
  const line = readFileSync(join(folder, file), "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name} `));
  return Number(line?.split(/\s+/)[1] ?? 0);
}

function balancerCounters(file: string): Record<string, number> {
  if (!existsSync(file)) return {};
  const { nftables } = JSON.parse(readFileSync(file, "utf8")) as {
    nftables: readonly { counter?: { name: string; packets: number } }[];
  };
  return Object.fromEntries(
    nftables.flatMap(({ counter }) =>
      counter === undefined ? [] : [[COUNTERS[counter.name] ?? counter.name, counter.packets]],
    ),
  );
}

const TRACED = /tcp_send_reset: .*src=(\S+) dest=(\S+) state=(\S+) reason=(\S+)/;

function tracedResets(text: string): readonly TracedReset[] {
  return text.split("\n").flatMap((line) => {
    const [, from, to, state, reason] = TRACED.exec(line) ?? [];
    return from === undefined || to === undefined || state === undefined || reason === undefined
      ? []
      : [{ from, to, state, reason }];
  });
}
