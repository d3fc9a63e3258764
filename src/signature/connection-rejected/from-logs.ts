import { printSpan, SECOND } from "../../net/time.ts";
import type { LogLoss } from "../log-losses.ts";
import {
  type History,
  historiesOf,
  instantOfLosses,
  lineOf,
  namedBy,
  nextCapture,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/**
 * Linux asks for a neighbour three times at one second each before it says that there is no route to it
 * (neigh/default/mcast_solicit, retrans_time_ms): an error that comes sooner was sent by somebody.
 */
const NEIGHBOUR_GIVES_UP = 2.5 * SECOND;

/**
 * Connections that somebody rejected, as a program tells it: `EHOSTUNREACH` at once stands for an ICMP error (host unreachable or
 * administratively prohibited), `EACCES` for ICMPv6 code 1, `EPERM` for this host's own firewall (Linux icmp_err_convert,
 * icmpv6_err_convert, nf_hook).
 */
export function rejectedByLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(history) ?? []);
}

function findingOf(history: History): Finding | undefined {
  const rejected = history.losses.filter(isRejected);
  const [first] = rejected;
  if (first === undefined) return undefined;
  const timed = rejected.filter(({ waited }) => waited !== undefined);
  const sure = first.error === "prohibited" || (timed.length > 0 && history.successes.length === 0);
  const quick = timed[0]?.waited;
  const own = first.error === "prohibited" && /not permitted|EPERM/i.test(first.text);
  return {
    cause: "connection-rejected",
    variant: own ? "own-firewall" : "from-logs",
    confidence: sure ? "likely" : "possible",
    initiator: own ? "client" : "unknown",
    at: instantOfLosses(rejected),
    trails: [],
    named: namedBy(rejected),
    evidence: some(rejected).map((loss) => lineOf(loss, `rejected: ${quote(loss.text)}`)),
    summary: `${rejected.length === 1 ? "A connection" : `${rejected.length} connections`} to ${placeIn(history)} ${rejected.length === 1 ? "was" : "were"} rejected${quick === undefined ? "" : ` within ${printSpan(quick)}`}: ${own ? "this host's own firewall forbids it" : "an error came back in place of an answer, sooner than a missing host shows itself"}. ${quote(first.text)}.`,
    ruledOut: [
      { cause: "connection-refused", because: "a host without a listener answers RST, which programs call refused" },
      { cause: "syn-blackhole", because: "an answer came" },
    ],
    refutedBy: "no ICMP error in a capture at the client at that time",
    next: nextCapture(first, "shows who sends the ICMP error, and its code"),
    symptoms: ["no-route-to-host"],
  };
}

function isRejected({ stage, error, waited, text }: LogLoss): boolean {
  if (stage !== "connect") return false;
  if (error === "prohibited") return !/ENETDOWN/.test(text);
  // A network without a route is the client's own affair.
  if (error !== "unreachable" || /network is unreachable|ENETUNREACH/i.test(text)) return false;
  return waited !== undefined && waited < NEIGHBOUR_GIVES_UP;
}
