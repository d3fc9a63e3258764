import { printEndpoint } from "../../net/endpoint.ts";
import { instantOf, printInstant, printSpan } from "../../net/time.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { waitingAt } from "../listen-queue.ts";
import { answeredElsewhere, loopedCopy } from "../misdirected-syns.ts";
import { isProbe } from "../probing.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import { shown, synsShown } from "../syn-evidence.ts";
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
import { blackholeByLogs } from "./from-logs.ts";
import { controlOf, outcomeOfOthers } from "./surroundings.ts";
import { verdictOf } from "./verdict.ts";

/** One SYN that is not repeated tells nothing: it may be lost, and who sent it gave up at once. */
const FEWEST_SYNS = 2;
/** Attempts shown, and SYNs of each. */
const MOST_SHOWN = 3;

export const signature: Signature = {
  id: "syn-blackhole",
  kind: "incident",
  title: "SYNs to one destination vanish without any answer, while other connections are answered",
  symptoms: ["connect-timeout"],
  certainFrom: "captures at the client and at the server's host at the same time: the SYN leaves and does not arrive",
  remedy:
    "Find the hop that drops: look at filters that drop rather than reject (security group, network ACL, host firewall in the INPUT chain) and at " +
    "routes for that address and port, from the last capture that shows the SYN onwards. Take dead hosts out of DNS and of the balancer.",
  references: [
    "RFC 9293 §3.10.7.1 and §3.10.7.2 (a live host answers every SYN, by SYN-ACK or by RST)",
    "RFC 6298 §2, §5.7; Linux ip-sysctl tcp_syn_retries (6: given up after 127 s), tcp_syn_linear_timeouts (newer kernels, commit ccce324dabfe)",
  ],
  detect(scene: Scene): Finding[] {
    const captured = scene.vantages.flatMap((vantage) => {
      if (vantage.oneSided) return [];
      const lost = toldOnce(scene, attemptsOf(vantage), (a) => isLost(scene, a));
      return byServer(lost).flatMap((group) => findingOf(scene, group) ?? []);
    });
    return [...captured, ...blackholeByLogs(scene)];
  },
};

/** No answer of any kind although the capture went on long enough, and no other story for the silence. */
function isLost(scene: Scene, attempt: Attempt): boolean {
  const { vantage, syns, client, server } = attempt;
  if (!attempt.silent || vantage.oneSided || client.address === server.address || isProbe(attempt)) return false;
  if (vantage.to - syns[0].time < PATIENCE) return false;
  return loopedCopy(scene, attempt) === undefined && !answeredElsewhere(scene, attempt);
}

function findingOf(scene: Scene, group: readonly [Attempt, ...Attempt[]]): Finding | undefined {
  const [first] = group;
  const { vantage, server, client } = first;
  const at = first.syns[0].time;
  const own = vantage.destinations.get(printEndpoint(server));
  const syns = group.reduce((sum, a) => sum + a.syns.length, 0);
  if (syns < FEWEST_SYNS) return undefined;
  // It did answer: what fails only sometimes, or while older connections go on, or dies with them, has another cause.
  if (
    own?.answeredTo !== undefined &&
    (own.answeredTo >= at || outcomeOfOthers(vantage, server.address, at) !== undefined)
  )
    return undefined;
  // Connections that wait for the application fill its queue: the host drops what comes then, and is no black hole.
  if (waitingAt(vantage, server, at) >= 2) return undefined;
  const control = controlOf(vantage, server);
  const verdict = verdictOf(scene, group, control, own);
  const last = group[group.length - 1] as Attempt;
  const end = (last.syns[last.syns.length - 1] ?? last.syns[0]).time;
  const seen = group.flatMap((a) => elsewhere(scene, a));
  return {
    cause: signature.id,
    ...(verdict.variant === undefined ? {} : { variant: verdict.variant }),
    confidence: verdict.confidence,
    initiator: "unknown",
    at,
    ...untilOf(group),
    trails: group.map((a) => a.trail),
    evidence: evidenceOf(group, seen),
    summary:
      `${syns} SYNs from ${clientsOf(group)} to ${printEndpoint(server)} sent from ${printInstant(instantOf(vantage.epoch, at))} on for ${printSpan(end - at)} ` +
      `got no answer of any kind${control === undefined ? "" : `, while ${printEndpoint(control.endpoint)} answered`}: ${verdict.where}.`,
    ruledOut: [
      { cause: "connection-refused", because: "no RST came back" },
      { cause: "connection-rejected", because: "no ICMP error came back" },
      { cause: "hairpin-loopback", because: "no SYN came back to its sender" },
      {
        cause: "backend-tuple-collision",
        because: "no other connection from the same client port drew an answer after the SYNs",
      },
      {
        cause: "snat-port-exhaustion",
        because:
          own?.answeredTo === undefined
            ? "no attempt to this destination succeeded"
            : "no attempt succeeded after the first failure",
      },
    ],
    refutedBy: `any packet from ${server.address} to these clients' ports at that time, in a capture nearer to the server, or an answer to a later SYN`,
    ...(verdict.confidence === "certain"
      ? {}
      : {
          next: captureAt(
            server.address,
            hostFilter(client.address, server.port),
            "to see whether the SYN arrives and an answer leaves",
          ),
        }),
    symptoms: signature.symptoms,
  };
}

function evidenceOf(group: readonly Attempt[], seen: readonly Attempt[]): PacketEvidence[] {
  const asked = group.slice(0, MOST_SHOWN).flatMap((a) => synsShown(a, MOST_SHOWN));
  const arrived = seen
    .slice(0, 2)
    .flatMap((a) => [
      shown(a, a.syns[0], `the SYN in ${a.vantage.file}`),
      ...(a.synAck === undefined ? [] : [shown(a, a.synAck, `SYN-ACK in ${a.vantage.file}`)]),
    ]);
  return [...asked, ...arrived];
}
