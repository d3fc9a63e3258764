import { printEndpoint } from "../../net/endpoint.ts";
import { instantOf, type Nanoseconds, printInstant, SECOND } from "../../net/time.ts";
import { isAtHost } from "../answering-host.ts";
import { hostFilter } from "../capture-advice.ts";
import { insertFailures } from "../logged-counters.ts";
import { answeredElsewhere, loopedCopy } from "../misdirected-syns.ts";
import { remember } from "../remember.ts";
import type { Scene, Vantage } from "../scene.ts";
import type { Confidence, Finding, Signature } from "../signature.ts";
import {
  type Attempt,
  attemptsOf,
  byServer,
  clientsOf,
  elsewhere,
  PATIENCE,
  toldOnce,
  untilOf,
} from "../syn-queries.ts";
import { evidenceOf, placeOf } from "./evidence.ts";
import { exhaustionByLogs } from "./from-logs.ts";
import { type HeldPorts, heldAt, type Translation, translationsOf } from "./translated-ports.ts";
import { answersAgain, failsOnlyWhenFullest } from "./when-fullest.ts";

/** How long a box keeps the port of a closed connection: not at all, or as Linux does (nf_conntrack_tcp_timeout_time_wait). */
const KEPT: readonly Nanoseconds[] = [0, 120 * SECOND];
/** Older connections that must go on working before a client's capture alone says anything. */
const FEWEST_WORKING = 2;

export const signature: Signature = {
  id: "snat-port-exhaustion",
  kind: "incident",
  title:
    "A translating box has no source port left towards that server: it drops new SYNs while older connections work",
  symptoms: ["connect-timeout"],
  certainFrom:
    "captures on both sides of the translating box: the SYN enters and does not leave, and a whole range of source ports is in use",
  remedy:
    "Give the box more source ports or addresses towards that server (a wider SNAT range, more NAT gateway addresses), or spread over more server " +
    "addresses and ports. Open fewer connections: keep-alive, pools, HTTP/2. Translate less: client-IP preservation, private endpoints.",
  references: [
    "Linux net/netfilter/nf_nat_core.c (no unique tuple left: the packet is dropped); `conntrack -S` insert_failed and drop",
    "AWS metrics PortAllocationErrorCount (Network Load Balancer) and ErrorPortAllocation (NAT gateway); about 55,000 ports for each server address and port",
    "RFC 6888 §2 REQ-3 and REQ-4 (limits of ports for each subscriber)",
  ],
  detect(scene: Scene): Finding[] {
    const captured = scene.vantages.flatMap((vantage) => {
      const stuck = toldOnce(scene, attemptsOf(vantage), (a) => isStuck(scene, a));
      return byServer(stuck).flatMap((group) => findingOf(scene, group) ?? []);
    });
    return [...captured, ...exhaustionByLogs(scene)];
  },
};

/** Nothing came back, though that server does answer others. */
function isStuck(scene: Scene, attempt: Attempt): boolean {
  const { vantage, syns, client, server } = attempt;
  if (!attempt.silent || vantage.oneSided || client.address === server.address) return false;
  if (vantage.to - syns[0].time < PATIENCE) return false;
  if ((vantage.destinations.get(printEndpoint(server))?.answered ?? 0) === 0) return false;
  if (loopedCopy(scene, attempt) !== undefined || answeredElsewhere(scene, attempt)) return false;
  // Where it is seen to arrive, no box kept it; where it is seen behind a box, that box had a port for it, and what became of it there is another attempt's story.
  if (elsewhere(scene, attempt).some((other) => !other.silent || isAtHost(other.vantage, other.server.address)))
    return false;
  return translationsOf(scene, [attempt]).length === 0;
}

function findingOf(scene: Scene, group: readonly [Attempt, ...Attempt[]]): Finding | undefined {
  const [first] = group;
  const { vantage, server, client } = first;
  const name = printEndpoint(server);
  const at = first.syns[0].time;
  const answered = answeredAttempts(vantage).get(name) ?? [];
  const kept = KEPT.find((time) => failsOnlyWhenFullest(group, answered, time));
  if (kept === undefined) return undefined;
  const working = answered.filter((a) => a.syns[0].time <= at && answersAfter(a, at));
  const translations = translationsOf(scene, answered);
  const held = heldAt(translations, at, kept);
  // The box's own count of connections that it could not enter says what a client's capture alone can't.
  const inserts = insertFailures(scene);
  if (held?.full !== true) {
    if (kept !== 0 || working.length < FEWEST_WORKING) return undefined;
    if (inserts === undefined && !answersAgain(group, answered)) return undefined;
  }
  const entered = group.every((a) => [a, ...elsewhere(scene, a)].some((seen) => seen.vantage === held?.vantage));
  const seen = confidenceOf(held, entered, translations);
  const confidence = seen === "possible" && inserts !== undefined ? "likely" : seen;
  return {
    cause: signature.id,
    confidence,
    initiator: held === undefined ? "unknown" : "balancer",
    at,
    ...untilOf(group),
    trails: group.map((a) => a.trail),
    evidence: [
      ...evidenceOf({ group, answered, working, translations, held }).slice(0, 11),
      ...(inserts === undefined ? [] : [inserts.evidence]),
    ],
    summary:
      `${group.length === 1 ? "A new connection" : `${group.length} new connections`} of ${clientsOf(group)} to ${name} got no answer, first at ` +
      `${printInstant(instantOf(vantage.epoch, at))}, while ${working.length} older ones went on working: ${placeOf(held)}.`,
    ruledOut: [
      {
        cause: "syn-blackhole",
        because: `${name} answered ${answered.length} other attempts, and fails only while most connections are open`,
      },
      { cause: "hairpin-loopback", because: "no SYN came back to its sender" },
      { cause: "peer-vanished", because: `older connections to ${name} went on` },
    ],
    refutedBy:
      "one of these SYNs leaving the translating box, or a source port that was free in its table (`conntrack -L`) at that time",
    ...(confidence === "certain" ? {} : { next: nextCapture(client.address, server.address, server.port) }),
    symptoms: signature.symptoms,
  };
}

const answeredAttempts = remember((vantage: Vantage) =>
  Map.groupBy(
    attemptsOf(vantage).filter((a) => a.synAck !== undefined),
    (a) => printEndpoint(a.server),
  ),
);

/**
 * Certain where its ports are seen to be used again, or one capture shows the SYN enter the box and not leave it; a capture at one server cannot
 * tell a SYN that was dropped from one that was sent to another server. Ports given out in order have no gap even when there are plenty.
 */
function confidenceOf(held: HeldPorts | undefined, entered: boolean, translations: readonly Translation[]): Confidence {
  if (held === undefined) return "possible";
  const ports = translations.map((t) => t.far.client.port);
  const reused = new Set(ports).size < ports.length;
  if (!held.full) return reused ? "likely" : "possible";
  if (reused) return "certain";
  if (ports.every((port, i) => i === 0 || port > (ports[i - 1] as number))) return entered ? "likely" : "possible";
  return entered ? "certain" : "likely";
}

/** The server sent something on it after `time`. */
const answersAfter = (attempt: Attempt, time: Nanoseconds): boolean =>
  attempt.trail.segments.some((s) => s.from === "server" && s.time >= time);

function nextCapture(client: string, server: string, port: number): string {
  return (
    `Capture on the box that translates between ${client} and ${server}, all interfaces, while new connections fail: ` +
    `tcpdump -ni any -s 128 -w box.pcap '${hostFilter(server, port)}'; read \`conntrack -S\` (insert_failed) there, or the cloud's port allocation errors`
  );
}
