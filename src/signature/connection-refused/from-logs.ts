import { SECOND } from "../../net/time.ts";
import { type Moment, momentsOf } from "../log-moments.ts";
import {
  type History,
  historiesOf,
  instantOfLosses,
  isCut,
  isRefused,
  lineOf,
  namedBy,
  near,
  nextCapture,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/**
 * Refused connections as a program tells them. `ECONNREFUSED` says only that somebody refused: the host, for want of a
 * listener, or a firewall by RST or ICMP port-unreachable (RFC 1122 §4.2.3.9). Only on the host itself is it sure to be the former.
 */
export function refusedByLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(scene, history) ?? []);
}

function findingOf(scene: Scene, history: History): Finding | undefined {
  const refused = history.losses.filter(isRefused);
  const [first] = refused;
  // What worked before, or was cut with it, is a process that ended.
  if (first === undefined || history.losses.some(isCut) || history.successes.length > 0) return undefined;
  if (momentsOf(scene).some((moment) => explains(moment) && near(moment.at, first.at, 60 * SECOND))) return undefined;
  const own = isLoopback(first.remote?.address);
  const said = refused.length === 1 ? "A connection" : `${refused.length} connections`;
  return {
    cause: "connection-refused",
    variant: "from-logs",
    confidence: own ? "likely" : "possible",
    initiator: own ? "server" : "unknown",
    at: instantOfLosses(refused),
    trails: [],
    named: namedBy(refused),
    evidence: some(refused).map((loss) => lineOf(loss, `refused: ${quote(loss.text)}`)),
    summary: `${said} to ${placeIn(history)} ${refused.length === 1 ? "was" : "were"} refused, and none was accepted: nothing listens there${own ? "" : ", or a firewall on the way refuses in its name"}. ${quote(first.text)}.`,
    ruledOut: [
      { cause: "syn-blackhole", because: "an answer came" },
      ...(own ? [{ cause: "connection-rejected", because: "nothing lies between a host and itself" }] : []),
    ],
    refutedBy: "a process that listened on that address and port at that time",
    next: nextCapture(
      first,
      "shows whether the refusal is a RST of the server's own host (its TTL and IP id) or comes from a box on the way",
    ),
    symptoms: ["connection-refused"],
  };
}

const explains = ({ kind }: Moment): boolean => kind === "crashed" || kind === "told-to-stop" || kind === "stopped";

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (address === "::1" || address.startsWith("127."));
