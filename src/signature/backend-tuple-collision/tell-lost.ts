import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan, SECOND } from "../../net/time.ts";
import { payloadReader } from "../payload.ts";
import { payloadSaid } from "../said.ts";
import type { Finding, RuledOut } from "../signature.ts";
import { type Aftermath, aftermathOf } from "./aftermath.ts";
import type { Grade } from "./grade.ts";
import { lostEvidence } from "./lost-evidence.ts";
import { oriented } from "./oriented.ts";
import { bounded, clock, nextCapture, type Story, trailsOf } from "./story.ts";

/** The newer connection counts as lost too when its stray data did not reach it for so long before the capture's end. */
const STARVED = 5 * SECOND;

/** Tells how the backend gave up the old connection for the newer one. */
export function tellLost(story: Story, grade: Grade): Finding {
  const { collision, scene, home, older } = story;
  const at = older?.trail.vantage ?? home?.vantage ?? 0;
  const after = aftermathOf(collision, at, older);
  const strayed = after.strayed[0];
  const both = strayed !== undefined && (scene.vantages[at]?.to ?? 0) - strayed.time >= STARVED;
  const first = home?.syns[0] ?? after.speech ?? after.answers[0];
  const ping = pingIn(story, after);
  const inferred = [
    ...(ping?.inferred === true ? [ping.why] : []),
    ...(collision.twoDestinations ? [] : ["that the client used two destinations: the captures show one"]),
    ...((collision.challenge?.answer.length ?? 0) > 0
      ? [
          "that the backend kept back its challenge to the SYN: none was captured (Linux sends at most one such ACK on a connection in 500 ms, tcp_invalid_ratelimit)",
        ]
      : []),
    ...(older === undefined
      ? ["that the connection whose numbers the challenge carries was still in use: it was not captured"]
      : []),
  ];
  return {
    cause: "backend-tuple-collision",
    variant: grade.variant,
    confidence: grade.confidence,
    initiator: "balancer",
    at: (first?.time ?? 0) + shift(story, at),
    trails: trailsOf(story),
    evidence: bounded(lostEvidence(story, after)),
    summary: `${collided(story, clock(scene, home?.vantage ?? at, first?.time ?? 0))} ${fate(story, after, ping !== undefined)}${
      both ? " The newer connection was lost as well: its replies went to the old one's address." : ""
    }`,
    ruledOut: ruledOutBy(story, after),
    refutedBy:
      "A capture at the backend in which the two connections have different socket pairs, or in which the old connection goes on after the newer one's SYN-ACK.",
    ...nextCapture(story, grade),
    symptoms: symptomsOf(after, ping !== undefined, both),
    ...(inferred.length > 0 ? { inferred } : {}),
  };
}

function collided({ client, older, oldServer, newServer, collision, home }: Story, when: string): string {
  const from = printEndpoint(client);
  const [old, recent] = [oldServer, newServer].map((e) => (e === undefined ? "another address" : printEndpoint(e)));
  if (older === undefined) {
    return `At ${when} a SYN from ${from} to ${recent} was challenged with the numbers of another connection, which the client's RST then killed at the backend; that connection is not in the captures.`;
  }
  if (home === undefined && newServer === undefined) {
    return `Client ${from} lost its connection to ${old}: by ${when} the backend behind it had another connection of the same client address and port.`;
  }
  if (!collision.twoDestinations) {
    return `At ${when} a SYN from ${from} reached ${recent} while a connection of that very address and port was open: the backend gave up the open one for the new one.`;
  }
  const opened =
    home === undefined
      ? `Client ${from} has a connection to ${recent}`
      : `At ${when} client ${from} opened a connection to ${recent}`;
  return `${opened} from the port it was using towards ${old}; both addresses lead to one backend, which gave up the old connection for the new one.`;
}

function fate({ older }: Story, after: Aftermath, ping: boolean): string {
  if (older === undefined) return "Whether anybody still used it cannot be seen here.";
  if (after.speech === undefined && after.reset === undefined && after.echoes.length === 0) {
    return "The client was not told and has sent nothing since: for it the old connection is still open (half-open).";
  }
  const said = `The client was not told; when it sent ${ping ? "an HTTP/2 PING" : "something"} on the old connection,`;
  if (resetFirst(after)) return `${said} RST came back.`;
  if (after.answers.length > 0)
    return `${said} the answers carried the newer connection's numbers and nothing was acknowledged.`;
  return `${said} no proper answer came.`;
}

/** The first thing said on the old connection was an HTTP/2 PING after a silence: the client's health check. */
function pingIn({ older }: Story, after: Aftermath): { readonly inferred: boolean; readonly why: string } | undefined {
  const { speech } = after;
  if (older === undefined || speech === undefined) return undefined;
  const segments = oriented(older.trail.segments, older.side);
  const before = segments.findLast((s) => s.packet < speech.packet);
  const gap = before === undefined ? 0 : speech.time - before.time;
  const guess = payloadReader(segments)(speech);
  const payload = payloadSaid(older.trail.session)(speech.packet) ?? guess;
  if (!payload.pingSized || gap < SECOND) return undefined;
  const why = `packet ${speech.packet} is taken for an HTTP/2 PING: a TLS record of that size after ${printSpan(gap)} of silence`;
  return { inferred: payload.inferred, why };
}

/** From the clock of the newer connection's capture to that of the old one's. */
function shift({ scene, home }: Story, at: number): number {
  if (home === undefined || home.vantage === at) return 0;
  return Number((scene.vantages[home.vantage]?.epoch ?? 0n) - (scene.vantages[at]?.epoch ?? 0n));
}

/** RST was the first answer: the newer connection was gone before the old one spoke. */
function resetFirst({ reset, answers }: Aftermath): boolean {
  return reset !== undefined && !answers.some((a) => a.packet < reset.packet);
}

function symptomsOf(after: Aftermath, ping: boolean, both: boolean): string[] {
  const own = resetFirst(after)
    ? "connection-reset"
    : ping
      ? "lost-ping"
      : after.speech !== undefined
        ? "request-timeout"
        : "half-open";
  return both && own !== "request-timeout" ? [own, "request-timeout"] : [own];
}

function ruledOutBy({ collision, home }: Story, after: Aftermath): RuledOut[] {
  const list: RuledOut[] = [];
  if (home?.synAck !== undefined)
    list.push({ cause: "process-gone", because: "the backend accepted the new connection at once" });
  if (after.answers.length > 0) {
    list.push({
      cause: "peer-vanished",
      because: "the backend answers every packet, with another connection's numbers",
    });
  }
  if (collision.challenge?.reset !== undefined) {
    list.push({
      cause: "silent-idle-drop",
      because: "the old connection was ended by a RST with its own number, not forgotten after a silence",
    });
  }
  if (collision.twoDestinations) {
    list.push({
      cause: "time-wait-collision",
      because: "the old connection went to another destination, and neither side had sent FIN",
    });
  }
  return list;
}
