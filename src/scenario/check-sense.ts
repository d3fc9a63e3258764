import { printMs } from "../net/duration.ts";
import { meantWord } from "../net/nearest-word.ts";
import type { Note } from "./problem.ts";
import type { Clients, Happening, Scenario } from "./scenario.ts";
import type { Spot, Tree } from "./tree.ts";

/** Most connections that all clients may keep together. */
const MOST_CONNECTIONS = 5_000_000;

type Sense = (path: readonly (string | number)[], found: string, fix: string) => void;

/** What no form can show: figures that contradict each other, happenings of what is not there, names of nobody. */
export function checkSense(scenario: Omit<Scenario, "variants">, tree: Tree, tell: Note): void {
  const say: Sense = (path, found, fix) => tell({ at: spotOf(tree, path), found, fix, form: false });
  checkNetwork(scenario, say);
  checkHealthCheck(scenario.network, say);
  checkClients(scenario, say);
  for (const [i, happening] of scenario.story.entries()) checkHappening(scenario, happening, i, say);
  checkExpectation(scenario, say);
}

function checkNetwork({ network }: Omit<Scenario, "variants">, say: Sense): void {
  const { zones, servers, clients, balancer } = network;
  const twice = zones.findIndex((zone, i) => zones.indexOf(zone) < i);
  if (twice >= 0) say(["network", "zones", twice], `there is another zone ${zones[twice]}`, "give each its own name");
  if (servers.protocol === "http1" && servers.goaway.chance > 0) {
    const fix = "say protocol: http2, or leave out goaway";
    say(["network", "servers", "goaway", "chance"], "HTTP/1 has no GOAWAY", fix);
  }
  for (const [i, name] of servers.goaway.exempt.entries()) {
    if (!Object.hasOwn(clients, name)) say(["network", "servers", "goaway", "exempt", i], ...noGroup(name, clients));
  }
  if (balancer?.kind === "application" && balancer.protocol === "http1" && servers.protocol === "http2") {
    const fix = "say protocol: http1 of the servers too, or leave it out here";
    say(["network", "balancer", "protocol"], "HTTP/1 towards clients and HTTP/2 towards servers", fix);
  }
}

function checkHealthCheck({ balancer }: Omit<Scenario, "variants">["network"], say: Sense): void {
  if (balancer === undefined) return;
  const { intervalMs, timeoutMs } = balancer.healthCheck;
  if (timeoutMs <= intervalMs) return;
  const found = `${printMs(timeoutMs)} is longer than the time between two checks, ${printMs(intervalMs)}`;
  say(["network", "balancer", "healthCheck", "timeout"], found, "make interval longer, or timeout shorter");
}

function checkClients({ network }: Omit<Scenario, "variants">, say: Sense): void {
  const { clients, servers, balancer } = network;
  const protocol = (balancer?.kind === "application" ? balancer.protocol : undefined) ?? servers.protocol;
  let connections = 0;
  for (const [name, group] of Object.entries(clients)) {
    const here = ["network", "clients", name];
    connections += group.count * group.connections;
    const { watches } = group;
    if (watches.minMs > watches.maxMs) {
      const fix = "did you mean them the other way round?";
      say(
        [...here, "watches", "min"],
        `${printMs(watches.minMs)} is longer than the longest, ${printMs(watches.maxMs)}`,
        fix,
      );
    }
    if (protocol !== "http1") continue;
    if (group.kind !== "plain")
      say([...here, "kind"], `a ${group.kind} speaks HTTP/2`, "say protocol: http2 of what it speaks to");
    else if (watches.count > 0)
      say([...here, "watches", "count"], "HTTP/1 has no streams", "say protocol: http2, or no watches");
    else if (group.healthCheck !== undefined) {
      say([...here, "healthCheck"], "HTTP/1 has no PING", "say protocol: http2, or leave out healthCheck");
    }
  }
  if (connections > MOST_CONNECTIONS) {
    const fix = `at most ${MOST_CONNECTIONS} can be simulated: fewer clients, or fewer connections of each`;
    say(["network", "clients"], `${connections} connections`, fix);
  }
}

function checkHappening(scenario: Omit<Scenario, "variants">, happening: Happening, i: number, say: Sense): void {
  const { durationMs, network } = scenario;
  const servers = network.servers.count;
  if (happening.atMs >= durationMs) {
    const fix = "make duration longer, or let it happen earlier";
    say(["story", i, "at"], `${printMs(happening.atMs)} is not before the end at ${printMs(durationMs)}`, fix);
  }
  if ("server" in happening && happening.server >= servers) {
    const fix = `servers are counted from 0, so that the last one is ${servers - 1}`;
    say(["story", i, "server"], `there is no server ${happening.server}`, fix);
  }
  const unbalanced = network.balancer === undefined;
  switch (happening.what) {
    case "rolling-update": {
      const lastMs = happening.atMs + (servers - 1) * happening.stepMs;
      if (happening.atMs < durationMs && lastMs >= durationMs) {
        const found = `the last of ${servers} servers has its turn at ${printMs(lastMs)}, not before the end at ${printMs(durationMs)}`;
        say(["story", i, "step"], found, "make duration longer, or the steps shorter");
      }
      return;
    }
    case "balancer-node-lost":
      if (unbalanced) say(["story", i, "what"], "there is no balancer", "add network.balancer");
      else if (happening.node >= network.zones.length) {
        const fix = `a node stands in each zone and they are counted from 0, so that the last one is ${network.zones.length - 1}`;
        say(["story", i, "node"], `there is no node ${happening.node}`, fix);
      }
      return;
    case "deregister":
      if (unbalanced) say(["story", i, "what"], "there is no balancer to take a server out of", "add network.balancer");
      return;
    case "goaway-chance":
      if (network.servers.protocol === "http1")
        say(["story", i, "what"], "HTTP/1 has no GOAWAY", "say protocol: http2");
      return;
    case "quiet":
      if (!Object.hasOwn(network.clients, happening.clients)) {
        say(["story", i, "clients"], ...noGroup(happening.clients, network.clients));
      }
      return;
    case "server-restart":
    case "server-killed":
    case "server-lost":
    case "server-hung":
    case "latency":
    case "traffic":
      return;
  }
}

function checkExpectation({ expect, network, durationMs }: Omit<Scenario, "variants">, say: Sense): void {
  if (expect.fromMs !== undefined && expect.fromMs >= durationMs) {
    say(
      ["expect", "from"],
      `${printMs(expect.fromMs)} is not before the end at ${printMs(durationMs)}`,
      "say an earlier time",
    );
  }
  if (expect.variant !== undefined && expect.cause === undefined) {
    say(["expect", "variant"], "a variant without a cause", "say cause too");
  }
  const kinds = new Set(Object.values(network.clients).map(({ kind }) => kind));
  if (expect.notReady === true && !(kinds.has("kubelet") && kinds.has("controller"))) {
    const fix = "add clients of both kinds: kubelet, whose nodes they are, and controller, which judges them";
    say(["expect", "notReady"], "nobody to become NotReady or to say so", fix);
  }
}

function noGroup(name: string, clients: Readonly<Record<string, Clients>>): [found: string, fix: string] {
  const groups = Object.keys(clients);
  const meant = meantWord(name, groups);
  return [
    `there are no clients '${name}'`,
    meant === undefined ? `the groups are ${groups.join(", ")}` : `did you mean ${meant}?`,
  ];
}

/** Where a value is written, or the nearest thing around it that is. */
function spotOf(tree: Tree, path: readonly (string | number)[]): Spot {
  const [first, ...rest] = path;
  if (first === undefined) return tree.at;
  const inner = tree.kind === "map" ? tree.entries.get(String(first))?.value : undefined;
  const item = tree.kind === "list" ? tree.items[Number(first)] : undefined;
  const next = inner ?? item;
  if (next !== undefined) return spotOf(next, rest);
  const missing = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return { ...tree.at, path: `${tree.at.path}${missing}`.replace(/^\./, "") };
}
