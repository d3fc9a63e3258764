import { SECOND } from "../../net/time.ts";
import type { IcmpError } from "../../session/segment.ts";
import { whoAnswered } from "../answering-host.ts";
import { type IcmpMeaning, icmpMeaning } from "../icmp-meaning.ts";
import { isProbe } from "../probing.ts";
import type { Scene } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import type { Attempt } from "../syn-queries.ts";

/**
 * A rule or route that rejects answers at once; a router that finds no neighbour to deliver to gives up after three
 * requests a second apart (Linux neigh/mcast_solicit 3, retrans_time_ms 1000).
 */
const AT_ONCE = SECOND;

/** How an attempt was rejected, and by whom. */
export interface Rejection {
  readonly variant: "icmp-prohibited" | "icmp-port-unreachable" | "icmp-unreachable" | "firewall-reset";
  readonly confidence: Confidence;
  readonly symptom: string;
  readonly packet: number;
  readonly time: number;
  readonly shows: string;
  readonly byServer: boolean;
  readonly by: string;
  readonly notRefused: string;
}

/** Undefined when the attempt was answered otherwise, or not at all. */
export function rejectionOf(scene: Scene, attempt: Attempt): Rejection | undefined {
  if (attempt.synAck !== undefined || isProbe(attempt)) return undefined;
  for (const error of attempt.icmp) {
    const meaning = icmpMeaning(error);
    if (meaning !== undefined) return byIcmp(attempt, error, meaning);
  }
  if (attempt.refusal === undefined) return undefined;
  const answerer = whoAnswered(scene, attempt);
  if (answerer.who !== "firewall") return undefined;
  const { packet, time, ttl } = attempt.refusal;
  return {
    variant: "firewall-reset",
    confidence: answerer.confidence,
    symptom: "connection-refused",
    packet,
    time,
    shows: `RST that acknowledges the SYN, TTL ${ttl}, in the name of ${attempt.server.address}`,
    byServer: false,
    by: "something on the way to it",
    notRefused: answerer.because,
  };
}

const VARIANTS = {
  prohibited: "icmp-prohibited",
  port: "icmp-port-unreachable",
  unreachable: "icmp-unreachable",
} as const;

function byIcmp(attempt: Attempt, error: IcmpError, meaning: IcmpMeaning): Rejection {
  const own = error.sender === attempt.server.address;
  const late = error.time - attempt.syns[0].time >= AT_ONCE;
  return {
    variant: VARIANTS[meaning.kind],
    confidence: meaning.kind !== "unreachable" ? "certain" : late ? "possible" : "likely",
    symptom: meaning.symptom,
    packet: error.packet,
    time: error.time,
    shows: `ICMP${error.ipVersion === 6 ? "v6" : ""} error ${error.type}/${error.code} (${meaning.text}) from ${error.sender} quotes the SYN`,
    byServer: own,
    by: own ? "that host itself" : `${error.sender}, which is not the server`,
    notRefused: "a host without a listener answers with RST, here an ICMP error came back",
  };
}
