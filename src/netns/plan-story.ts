import type { Happening } from "../scenario/scenario.ts";
import type { Story } from "./adapt.ts";
import type { LabOptions } from "./lab-options.ts";
import type { Command, Program, Step, Told } from "./lab-plan.ts";
import { CONFIG } from "./proxy/proxy.ts";
import { type Addressed, addressesOf, plain, type Topology } from "./topology.ts";

/** The scenario's happenings as signals, commands and messages, ordered by time; and what the lab can not do. */
export function planStory(
  scenario: Story,
  topology: Topology,
  programs: readonly Program[],
  options: LabOptions,
): { readonly story: readonly Step[]; readonly said: readonly string[] } {
  const said: string[] = [];
  const steps = scenario.story.flatMap((happening): readonly Step[] => {
    if (happening.what === "latency" && options.tools.delay === "none") {
      said.push("skipped: latency, because this kernel has no netem and there is no delay line");
      return [];
    }
    return stepsOf(happening, scenario, {
      topology,
      programs,
      folder: options.folder,
      delay: options.tools.delay,
      drainGraceMs: scenario.network.servers.drainGraceMs,
    });
  });
  return {
    story: steps
      .map((step, i) => ({ step, i }))
      .sort((a, b) => a.step.atMs - b.step.atMs || a.i - b.i)
      .map(({ step }) => step),
    said,
  };
}

interface Stage {
  readonly topology: Topology;
  readonly programs: readonly Program[];
  readonly folder: string;
  readonly delay: LabOptions["tools"]["delay"];
  readonly drainGraceMs: number;
}

function stepsOf(happening: Happening, scenario: Story, stage: Stage): readonly Step[] {
  const { topology } = stage;
  const { atMs } = happening;
  switch (happening.what) {
    case "rolling-update":
      return topology.servers.flatMap((server, i) =>
        stop(stage, server, atMs + i * happening.stepMs, happening.downMs),
      );
    case "server-restart":
      return serverOf(happening, topology).flatMap((server) => stop(stage, server, atMs, happening.downMs));
    case "server-killed":
      return serverOf(happening, topology).flatMap((server): readonly Step[] => [
        { atMs, kind: "signal", program: server.name, signal: "SIGKILL" },
        { atMs: atMs + happening.downMs, kind: "start", program: server.name },
      ]);
    case "server-lost":
      // The cable before the end of its process: its kernel's last words are not heard. It comes back as another boot of the host would, without its sockets.
      return serverOf(happening, topology).flatMap((server) => [
        { atMs, kind: "signal", program: server.name, signal: "SIGSTOP" },
        ...silence(topology, server, atMs),
        { atMs: atMs + TOLD_MS, kind: "signal", program: server.name, signal: "SIGKILL" },
        { atMs: atMs + happening.downMs, kind: "start", program: server.name },
        cable(topology, server, "up", atMs + happening.downMs),
        ...routes(topology, server, atMs + happening.downMs),
      ]);
    case "server-hung":
      return serverOf(happening, topology).flatMap((server) => [
        { atMs, kind: "signal", program: server.name, signal: "SIGSTOP" },
        { atMs: atMs + happening.forMs, kind: "signal", program: server.name, signal: "SIGCONT" },
      ]);
    case "deregister":
      return deregister(happening, scenario, stage);
    case "balancer-node-lost": {
      const node = topology.balancers[happening.node];
      if (node === undefined) return [];
      const rest = addressesOf(topology).filter((address) => address !== node.address);
      const ip = topology.six ? "ip6" : "ip";
      const forget = topology.servers.map(
        (_, k): Command => ({
          namespace: node.namespace,
          argv: ["nft", "flush", "set", ip, "nlb", `to_${k}`],
          mayFail: true,
        }),
      );
      const back = atMs + happening.forMs;
      return [
        ...silence(topology, node, atMs),
        ...forget.map((command): Step => ({ atMs, kind: "run", command })),
        ...toClients(stage, atMs + happening.dnsMs, { do: "addresses", addresses: rest }),
        cable(topology, node, "up", back),
        ...routes(topology, node, back),
        ...toClients(stage, back + happening.dnsMs, { do: "addresses", addresses: addressesOf(topology) }),
      ];
    }
    case "latency": {
      if (stage.delay === "line") {
        const message = { do: "latency", addMs: happening.addMs, forMs: happening.forMs } as const;
        return [{ atMs, kind: "tell", program: "delay-line", message }];
      }
      const add = scenario.network.links.delayMs;
      const links = topology.all.flatMap((host) => (host.link === undefined ? [] : [host.link]));
      const change = (at: number, ms: number): readonly Step[] =>
        links.map(
          (link): Step => ({
            atMs: at,
            kind: "run",
            command: {
              namespace: topology.router.namespace,
              argv: ["tc", "qdisc", "replace", "dev", link, "root", "netem", "delay", `${ms}ms`],
            },
          }),
        );
      return [...change(atMs, add + happening.addMs), ...change(atMs + happening.forMs, add)];
    }
    case "goaway-chance":
      return topology.servers.map(
        ({ name }): Step => ({
          atMs,
          kind: "tell",
          program: name,
          message: { do: "goaway-chance", chance: happening.chance },
        }),
      );
    case "traffic":
      return toClients(stage, atMs, { do: "traffic", factor: happening.factor, forMs: happening.forMs });
    case "quiet":
      return toClients(stage, atMs, { do: "quiet", forMs: happening.forMs }, happening.clients);
  }
}

const serverOf = (happening: { readonly server: number }, topology: Topology): readonly Addressed[] => {
  const server = topology.servers[happening.server];
  return server === undefined ? [] : [server];
};

/** On purpose: it is taken out of the choice first, drains, is away, and comes back into the choice. */
function stop(stage: Stage, server: Addressed, atMs: number, downMs: number): readonly Step[] {
  const { topology, programs } = stage;
  const target = topology.servers.findIndex(({ name }) => name === server.name);
  const checks = programs.filter(({ name }) => name.startsWith("health-check-"));
  const direct = topology.balancers.length + topology.proxies.length === 0;
  const others = topology.servers.filter(({ name }) => name !== server.name).map(({ address }) => address);
  const gone = [
    ...checks.map(
      ({ name }): Told => ({ program: name, message: { do: "deregister", target, delayMs: 0, reset: false } }),
    ),
    ...(direct ? toldClients(stage, { do: "addresses", addresses: others }) : []),
  ];
  const back = [
    ...checks.map(({ name }): Told => ({ program: name, message: { do: "register", target } })),
    ...(direct ? toldClients(stage, { do: "addresses", addresses: addressesOf(topology) }) : []),
  ];
  const patienceMs = stage.drainGraceMs + 5000;
  return [
    ...gone.map((told): Step => ({ atMs, kind: "tell", ...told })),
    { atMs: atMs + TOLD_MS, kind: "signal", program: server.name, signal: "SIGTERM" },
    {
      atMs: atMs + TOLD_MS,
      kind: "start",
      program: server.name,
      down: { patienceMs, forMs: downMs },
      afterwards: back,
    },
  ];
}

/** By when a balancer's nodes have surely heard. */
const TOLD_MS = 300;

const cable = (topology: Topology, host: Addressed, state: "up" | "down", atMs: number): Step => ({
  atMs,
  kind: "run",
  command: { argv: ["ip", "-n", topology.router.namespace, "link", "set", host.link, state] },
});

/**
 * What goes to the host is dropped without a word from now on, and nothing comes from it. A cable that is only unplugged would make the router say
 * that there is no way, which clients hear: nobody says so of a host that has lost its power.
 */
function silence(topology: Topology, host: Addressed, atMs: number): readonly Step[] {
  const ways = waysTo(topology, host).map(([way, _]) => ["replace", "blackhole", ...way]);
  return [...ways.map((words) => route(topology, words, atMs)), cable(topology, host, "down", atMs + TOLD_MS / 3)];
}

/** The kernel drops a device's routes when it goes down. */
function routes(topology: Topology, host: Addressed, atMs: number): readonly Step[] {
  // What an IPv6 route says is part of its name: the other is taken away.
  const away = topology.six ? waysTo(topology, host).map(([way, _]) => ["del", "blackhole", ...way]) : [];
  const back = waysTo(topology, host).map(([[to = "", ...table], by]) => ["replace", to, ...by, ...table]);
  return [...away, ...back].map((words) => route(topology, words, atMs));
}

/** The router's routes to a host: where to, with the table, and over what. */
function waysTo(
  topology: Topology,
  host: Addressed,
): readonly (readonly [way: readonly string[], by: readonly string[]])[] {
  const node = topology.balancers.findIndex(({ name }) => name === host.name);
  return [
    [[`${host.address}/${topology.six ? 128 : 32}`], ["dev", host.link]],
    ...(node < 0
      ? []
      : [
          [
            ["default", "table", `${10 + node}`],
            ["via", host.address, "dev", host.link, "onlink"],
          ] as const,
        ]),
  ];
}

function route(topology: Topology, words: readonly string[], atMs: number): Step {
  const argv = ["ip", ...(topology.six ? ["-6"] : []), "-n", topology.router.namespace, "route", ...words];
  return { atMs, kind: "run", command: { argv, mayFail: true } };
}

const toClients = (stage: Stage, atMs: number, message: Told["message"], group?: string): readonly Step[] =>
  toldClients(stage, message, group).map((told) => ({ atMs, kind: "tell", ...told }));

/** Every group's clients, or one group's. */
function toldClients(stage: Stage, message: Told["message"], group?: string): readonly Told[] {
  const meant = (name: string): boolean =>
    group === undefined
      ? name.startsWith("clients-")
      : name === `clients-${plain(group)}` || name.startsWith(`clients-${plain(group)}-`);
  return stage.programs.filter(({ name }) => meant(name)).map(({ name }) => ({ program: name, message }));
}

function deregister(
  happening: Extract<Happening, { what: "deregister" }>,
  scenario: Story,
  { topology, programs, folder }: Stage,
): readonly Step[] {
  const { balancer } = scenario.network;
  const server = topology.servers[happening.server];
  if (server === undefined || balancer === undefined) return [];
  if (balancer.kind === "application") {
    const argv = ["cp", `${folder}/proxy/without-${server.name}.conf`, `${folder}/proxy/${CONFIG}`];
    return [
      { atMs: happening.atMs, kind: "run", command: { argv } },
      ...programs.flatMap(({ name, reload }): readonly Step[] =>
        // After the copy, which is quick.
        reload === undefined ? [] : [{ atMs: happening.atMs + TOLD_MS, kind: "signal", program: name, signal: reload }],
      ),
    ];
  }
  const message = {
    do: "deregister",
    target: happening.server,
    delayMs: balancer.deregistrationDelayMs,
    reset: balancer.resetAfterDeregistration,
  } as const;
  return topology.balancers.map(
    ({ name }): Step => ({ atMs: happening.atMs, kind: "tell", program: `health-check-${name}`, message }),
  );
}
