import type { Scenario } from "../scenario/scenario.ts";
import { adapt } from "./adapt.ts";
import { enoughOf } from "./enough.ts";
import type { LabOptions } from "./lab-options.ts";
import type { LabPlan, Snapshot, Tap } from "./lab-plan.ts";
import { natCommands } from "./nat-commands.ts";
import { networkCommands } from "./network-commands.ts";
import { planPrograms } from "./plan-programs.ts";
import { planStory } from "./plan-story.ts";
import { replyPathCommands } from "./reply-path-rules.ts";
import { type Topology, topologyOf } from "./topology.ts";

/** All that a run of the scenario does on a Linux kernel, in order. The same arguments give the same plan. */
export function plan(given: Omit<Scenario, "variants">, options: LabOptions): LabPlan {
  const { scenario, said } = adapt(given, options.timeScale, options.mostMs);
  const topology = topologyOf(scenario, options);
  const { programs, files, commands, said: unlike } = planPrograms({ scenario, topology, options });
  const { story, said: skipped } = planStory(scenario, topology, programs, options);
  const { balancer, servers, links } = scenario.network;
  const replies =
    balancer?.kind === "network" && balancer.preserveClientIp
      ? replyPathCommands(topology, servers.port, balancer.replyPath)
      : [];
  const { fromMs } = scenario.expect;
  const counts = fromMs === undefined ? {} : { fromMs: fromMs / options.timeScale };
  const enough = enoughOf({ ...scenario.expect, ...counts }, scenario.network);
  const undelayed = options.tools.delay === "none" && (links.delayMs >= 1 || links.loss > 0);
  return {
    scenario: given.name,
    ...(options.variant === undefined ? {} : { variant: options.variant }),
    ...(topology.proxies.length === 0 ? {} : { proxy: options.proxy ?? "nginx" }),
    seed: options.seed,
    timeScale: options.timeScale,
    durationMs: scenario.durationMs,
    ...(options.brief && scenario.story.length === 0 && enough !== undefined ? { enough } : {}),
    expect: scenario.expect,
    hosts: topology.all,
    files,
    setUp: [
      ...networkCommands(scenario, topology, options.tools),
      ...natCommands(scenario, topology),
      ...commands,
      ...replies,
    ],
    taps: tapsOf(topology, options),
    programs,
    story,
    // All at one instant, and nobody is told: a router whose links go down one by one sends ICMP errors meanwhile.
    cut: [{ namespace: topology.router.namespace, argv: ["nft", "-f", "-"], input: CUT }],
    snapshots: snapshotsOf(topology, options),
    tearDown: topology.all.map(({ namespace }) => ({ argv: ["ip", "netns", "delete", namespace], mayFail: true })),
    adapted: [
      ...said,
      ...unlike,
      ...(undelayed
        ? [
            `no delay of ${links.delayMs} ms and no loss on links, because this kernel has no netem and there is no delay line`,
          ]
        : []),
      ...skipped,
    ],
  };
}

/** tcpdump on every host: what a person in front of it would have. `-U` with `--immediate-mode` writes each packet as it comes. */
function tapsOf(topology: Topology, options: LabOptions): readonly Tap[] {
  return topology.all
    .filter(({ kind }) => kind !== "router")
    .map(({ name, namespace }) => {
      const file = `${name}.pcap`;
      const argv = [
        "tcpdump",
        "-Z",
        "root",
        "-n",
        "-U",
        "--immediate-mode",
        "-B",
        "8192",
        "-i",
        "eth0",
        "-w",
        `${options.folder}/evidence/${file}`,
        "tcp or icmp or icmp6",
      ];
      return { host: name, namespace, file, argv };
    });
}

/** What the kernels counted and what they held. */
function snapshotsOf(topology: Topology, options: LabOptions): readonly Snapshot[] {
  return topology.all.flatMap(({ name, namespace, kind }): readonly Snapshot[] => {
    if (kind === "router") return [];
    const counters: readonly Snapshot[] = [
      // Sums since the namespace began, none left out; nothing is kept in nstat's history file.
      { file: `${name}-nstat-%.txt`, namespace, argv: ["nstat", "-a", "-s", "-z"], when: "both" },
      { file: `${name}-sockets.txt`, namespace, argv: ["ss", "-tinO"], when: "after", truth: true },
    ];
    if (kind !== "balancer" && kind !== "nat") return counters;
    const nft = ["nft", "-j", "list", "counters"];
    return [
      ...(kind === "nat"
        ? []
        : ([{ file: `${name}-counters.json`, namespace, argv: nft, when: "after", truth: true }] as const)),
      ...(options.tools.conntrack
        ? [
            {
              file: `${name}-conntrack.txt`,
              namespace,
              argv: ["conntrack", "-L", "-p", "tcp"],
              when: "after",
              truth: true,
            } as const,
          ]
        : []),
    ];
  });
}

const CUT = `table inet cut {
  chain packets {
    type filter hook prerouting priority raw; policy drop;
  }
}
`;
