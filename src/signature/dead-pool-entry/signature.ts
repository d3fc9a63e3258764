import { printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly, capital, carried, shown, withSightings } from "../findings.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, LogEvidence, Signature } from "../signature.ts";
import { endpointOf, named, readTrail } from "../trail-queries.ts";
import { answeredSince, askedAgain, destinationAnswered } from "./again.ts";
import { type DeadEntry, deadEntries } from "./dead-entry.ts";

export const signature: Signature = {
  id: "dead-pool-entry",
  kind: "incident",
  title: "A client's pool hands out one dead connection again and again, while new connections to the same server work",
  symptoms: ["request-timeout", "connection-reset", "broken-pipe"],
  certainFrom: "never certain alone: why the connection died in the first place is another cause's matter",
  remedy:
    "Let the pool take a connection out after one timeout or error on it, check connections that were idle before they are used, and limit their age; for HTTP/2 set a PING health check (readIdleTimeout and pingTimeout, keepalive_time), for others TCP_USER_TIMEOUT. Then find what killed the connection, at the time of its last good answer.",
  references: [
    "RFC 9113 §6.7 (PING), RFC 5482 (TCP user timeout)",
    "RFC 9112 §9.3 (persistence), §9.5 (failures and timeouts)",
    "Linux ip-sysctl.rst: tcp_retries2 (about 924 s until the kernel itself gives up)",
  ],
  detect(scene) {
    const logged = deadEntries(scene).flatMap((dead) => fromLog(scene, dead) ?? []);
    const told = new Set(logged.flatMap((finding) => finding.trails));
    const seen = scene.vantages.flatMap((vantage) =>
      vantage.oneSided
        ? []
        : vantage.trails.flatMap((trail) => (told.has(trail) ? [] : (fromPackets(scene, trail) ?? []))),
    );
    return [...logged, ...seen];
  },
};

const RULED_OUT = [
  { cause: "peer-vanished", because: "the same server answered other connections meanwhile" },
  { cause: "syn-blackhole", because: "new connections to it were opened" },
];
const REFUTED = "an answer on that connection between the failures, or failures on the new connections as well";

/** Lines that name one local port and fail again and again. */
function fromLog(scene: Scene, { local, remote, failures, others }: DeadEntry): Finding | undefined {
  const [first, last] = [failures[0], failures.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const trail = scene.vantages
    .flatMap((v) => v.trails)
    .find((t) => sameEndpoint(endpointOf(t, "client"), local) && sameEndpoint(endpointOf(t, "server"), remote));
  const vantage = trail === undefined ? undefined : scene.vantages[trail.vantage];
  const answered = scene.vantages.filter((v) => {
    const to = v.destinations.get(printEndpoint(remote))?.answeredTo;
    return to !== undefined && scene.toCommon(v, to) > first.at && scene.toCommon(v, to) < last.at;
  });
  if (others.length === 0 && answered.length === 0) return undefined;
  const line = (l: (typeof failures)[number], shows: string): LogEvidence => ({
    log: l.log.index,
    line: l.entry.line,
    shows,
  });
  const good = others[0];
  const span = printSpan(Number(last.at - first.at));
  return {
    cause: signature.id,
    variant: "logged",
    confidence: "likely",
    initiator: "client",
    at: trail === undefined || vantage === undefined ? first.at : scene.toVantage(vantage, first.at),
    trails: trail === undefined ? [] : withSightings(scene, trail),
    ...(trail === undefined ? { named: [{ client: local, server: remote }] } : {}),
    evidence: [
      line(first, `the first failure on the connection from port ${local.port}`),
      ...(good === undefined ? [] : [line(good, "another connection to the same server works meanwhile")]),
      ...failures
        .slice(1, 4)
        .map((l) =>
          line(l, `port ${local.port} fails again, ${printSpan(Number(l.at - first.at))} after the first time`),
        ),
    ],
    summary: `The connection from ${printEndpoint(local)} to ${printEndpoint(remote)} failed ${failures.length} times over ${span}, and was used again each time, while other connections to the same server worked. The pool keeps a dead connection.`,
    ruledOut: RULED_OUT,
    refutedBy: REFUTED,
    next: captureAt(
      `the client ${local.address}`,
      hostFilter(remote.address, remote.port),
      "shows when the last answer came on that port and what ended it",
    ),
    symptoms: ["request-timeout"],
  };
}

/** New requests sent into a connection from which nothing comes any more, while others are opened and answered. */
function fromPackets(scene: Scene, trail: Trail): Finding | undefined {
  const vantage = scene.vantages[trail.vantage];
  const again = vantage?.place === "server" ? undefined : askedAgain(readTrail(trail));
  if (again === undefined) return undefined;
  const { reading, lastSign, asked } = again;
  const [first, last] = [asked[0], asked.at(-1)];
  if (first === undefined || last === undefined || portElsewhere(scene, trail, last.time) !== "no") return undefined;
  const others = answeredSince(scene, trail, first.time);
  const answered = destinationAnswered(scene, trail);
  if (others.length === 0 && (answered === undefined || answered <= first.time)) return undefined;
  const confidence: Confidence = asked.length >= 3 ? "likely" : "possible";
  const server = endpointOf(trail, "server");
  return {
    cause: signature.id,
    variant: "asked-again",
    confidence,
    initiator: "client",
    at: first.time,
    trails: withSightings(scene, trail),
    evidence: briefly([
      shown(reading, lastSign, "the last packet that ever came from the server on this connection"),
      ...asked.map((s, i) =>
        shown(
          reading,
          s,
          i === 0
            ? `a request (${carried(reading, s)}), never acknowledged`
            : `another request on it, ${printSpan(s.time - first.time)} later (${carried(reading, s)})`,
        ),
      ),
      ...others.slice(0, 2).map((o) => ({
        vantage: trail.vantage,
        packet: o.packet,
        at: o.time,
        shows: "meanwhile the server accepts a new connection of the same client",
      })),
    ]),
    summary: `${capital(named(trail, "client"))} used its connection to ${named(trail, "server")} for ${asked.length} requests over ${printSpan(last.time - first.time)} after the last packet that ever came back on it, while new connections to the same server were answered. The pool keeps a dead connection.`,
    ruledOut: RULED_OUT,
    refutedBy: REFUTED,
    next: captureAt(
      `the server ${server.address} (or the target behind it)`,
      hostFilter(endpointOf(trail, "client").address),
      "shows whether the requests arrive there",
    ),
    symptoms: ["request-timeout"],
  };
}
