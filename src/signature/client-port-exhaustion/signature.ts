import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import { printInstant } from "../../net/time.ts";
import { errorOf, type FoundLine, firstInstant, lineShown, linesThat, localOf, serverIn } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, NamedConnection, Signature } from "../signature.ts";
import { isFull, type PortUse, portRange, portUses, useShown, useTowards } from "./port-use.ts";

/** Lines shown. */
const MOST_LINES = 9;

export const signature: Signature = {
  id: "client-port-exhaustion",
  kind: "incident",
  title: "The client's host has no source port left towards one destination: connect() fails before any packet is sent",
  symptoms: ["connect-error"],
  certainFrom:
    "the client's log: EADDRNOTAVAIL from connect() (a capture shows nothing of a connection that was not begun)",
  remedy:
    "Use connections again (keep-alive, a bounded pool, HTTP/2) and let the server close first or not at all, so that TIME_WAIT does not gather at the client. " +
    "Widen net.ipv4.ip_local_port_range, allow net.ipv4.tcp_tw_reuse=1, spread over more destination or source addresses.",
  references: [
    "Linux net/ipv4/inet_hashtables.c, __inet_hash_connect (no port left: EADDRNOTAVAIL)",
    "Linux Documentation/networking/ip-sysctl.rst: ip_local_port_range (32768 to 60999), tcp_tw_reuse",
    "RFC 9293 §3.6.1 (TIME-WAIT), RFC 6191 (its reduction by timestamps)",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const lines = linesThat(scene, (text, entry) => {
    if (errorOf(entry) !== "no-free-port" || isListener(text)) return undefined;
    return { said: true as const, named: { client: localOf(entry), server: serverIn(text, entry) } };
  });
  const groups = Map.groupBy(lines, ({ named: { server } }) => (server === undefined ? "" : printEndpoint(server)));
  const told = [...groups.values()].slice(0, 50).flatMap((group) => failed(scene, group) ?? []);
  return told.length > 0 ? told : portUses(scene).flatMap((use) => (isFull(scene, use) ? [full(scene, use)] : []));
}

/** bind() to an address that the host does not have gives the same error: a mistake of configuration. */
const isListener = (text: string): boolean => /\bbind(?:ing)?\b|\blisten/i.test(text) && !/\bconnect/i.test(text);

function failed(scene: Scene, lines: readonly FoundLine<true>[]): Finding | undefined {
  const [first] = lines;
  if (first === undefined) return undefined;
  const { server } = first.named;
  const use = useTowards(scene, server);
  const whole = use !== undefined && isFull(scene, use);
  const confidence = confidenceOf(first, server, whole);
  if (confidence === undefined) return undefined;
  const at = firstInstant(scene, lines);
  const client = use?.client ?? first.named.client?.address;
  const to = server === undefined ? "" : ` to ${printEndpoint(server)}`;
  const range = portRange(scene);
  const held =
    use === undefined
      ? ""
      : ` ${use.log.file} lists ${use.ports.length} ports in use towards ${printEndpoint(use.server)}${range === undefined ? "" : `, of ${range.high - range.low + 1} in the range`}.`;
  return {
    cause: signature.id,
    confidence,
    initiator: "client",
    at,
    trails: [],
    named: namedAs(client, server ?? use?.server),
    evidence: [
      ...lines
        .slice(0, MOST_LINES)
        .map((line) => lineShown(line, `connect()${to} failed: no source port is free (EADDRNOTAVAIL)`)),
      ...(use === undefined ? [] : useShown(scene, use)),
    ],
    summary: `${first.log.file} tells ${lines.length === 1 ? "once" : `${lines.length} times`}, first at ${printInstant(at)}, that the client's own host had no source port left for a connection${to}: the error is EADDRNOTAVAIL, and no packet was sent.${held}`,
    ruledOut: RULED_OUT,
    refutedBy:
      "free ports in the range towards that destination at that time (ss -tan), or a program that binds its sockets to an address the host does not have",
    ...(confidence === "certain" ? {} : { next: nextOf(server) }),
    symptoms: signature.symptoms,
  };
}

function namedAs(client: string | undefined, server: Endpoint | undefined): readonly NamedConnection[] {
  if (client === undefined && server === undefined) return [];
  return [{ client: client === undefined ? undefined : { address: client, port: 0 }, server }];
}

/** IPv6 that is switched off gives EADDRNOTAVAIL too, from the first attempt on: there the program must have worked before. */
function confidenceOf(
  { log, entry }: FoundLine<true>,
  server: Endpoint | undefined,
  whole: boolean,
): Confidence | undefined {
  if (whole) return "certain";
  if (server !== undefined && !server.address.includes(":")) return "certain";
  const before = log.entries.filter((e) => e.line < entry.line && e.content.kind !== "failure" && e.time !== undefined);
  return before.length >= 3 ? "likely" : undefined;
}

/** A table in which the range is used up, without a word of an attempt that failed. */
function full(scene: Scene, use: PortUse): Finding {
  const to = printEndpoint(use.server);
  const waiting = use.ports.filter(({ state }) => state === "TIME-WAIT").length;
  return {
    cause: signature.id,
    variant: "range-used-up",
    confidence: "likely",
    initiator: "client",
    at: firstInstant(scene, []),
    trails: [],
    named: [{ client: { address: use.client, port: 0 }, server: use.server }],
    evidence: useShown(scene, use),
    summary: `Every source port of ${use.client} towards ${to} is in use (${use.ports.length}, of which ${waiting} in TIME-WAIT): the next connect() to it fails with EADDRNOTAVAIL.`,
    ruledOut: RULED_OUT,
    refutedBy:
      "a connection to that destination from a port outside the range, or another table with free ports at the time of the failure",
    next: nextOf(use.server),
    symptoms: signature.symptoms,
  };
}

const RULED_OUT = [
  {
    cause: "syn-blackhole",
    because: "the attempt failed at once in the client's kernel: no SYN was sent that could vanish",
  },
  { cause: "snat-port-exhaustion", because: "there the SYN leaves the client and is dropped by the translating box" },
  { cause: "connection-refused", because: "nothing came back from the server: the error is the client's own" },
];

function nextOf(server: Endpoint | undefined): string {
  const to = server === undefined ? "" : ` dst ${server.address}`;
  return `On the client's host while it happens: ss -tan${to} > ss.txt; sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse > sysctl.txt; and the log with the whole error`;
}
