import type { LogEntry } from "../../log/entry.ts";
import { readAddress } from "../../log/read-endpoint.ts";
import { captureAt } from "../capture-advice.ts";
import { lossesOf } from "../log-losses.ts";
import { isUnanswered, lineOf, namedBy, near, quote, some } from "../log-queries.ts";
import type { Log, Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/** A connect that times out is told this long after its SYN came back at the most, in nanoseconds. */
const PATIENCE = 130e9;

interface Martian {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly text: string;
  readonly address: string;
}

/**
 * The hairpin as logs tell it: the kernel complains of a packet with its own address as the source (`martian source A from A`,
 * Linux ip_handle_martian_source, with log_martians) while attempts to connect time out. Timeouts of one attempt in so many alone
 * have other causes too.
 */
export function hairpinByLogs(scene: Scene): Finding[] {
  const martians = scene.logs.flatMap((log) => log.entries.flatMap((entry) => martianIn(log, entry)));
  const [first] = martians;
  if (first === undefined) return [];
  const at = first.log.instantOf(first.entry);
  const silent = lossesOf(scene).filter(
    (loss) =>
      isUnanswered(loss) &&
      (at === undefined ||
        loss.at === undefined ||
        martians.some((m) => near(m.log.instantOf(m.entry), loss.at, PATIENCE))),
  );
  if (silent.length === 0) return [];
  return [
    {
      cause: "hairpin-loopback",
      variant: "from-logs",
      confidence: "likely",
      initiator: "balancer",
      at: at ?? silent[0]?.at ?? 0n,
      trails: [],
      named: namedBy(silent),
      evidence: [
        ...some(martians, 4).map(({ log, entry, text }) => ({
          log: log.index,
          line: entry.line,
          shows: `a packet came back with the host's own address as its source: ${quote(text)}`,
        })),
        ...some(silent, 6).map((loss) => lineOf(loss, `no answer to the attempt: ${quote(loss.text)}`)),
      ],
      summary: `Host ${first.address} was sent its own SYN back by a balancer that keeps the client's address: the kernel drops a packet from its own address, and the attempt to connect times out. ${quote(first.text)}.`,
      ruledOut: [{ cause: "syn-blackhole", because: "the SYN came back to its sender" }],
      refutedBy: "no packet with the host's own address as source and destination in a capture on its outer interface",
      next: captureAt(
        `the host ${first.address}`,
        `src host ${first.address} and dst host ${first.address} and tcp`,
        "shows the SYN come back",
      ),
      symptoms: ["connect-timeout"],
    },
  ];
}

/** `IPv4: martian source 192.0.2.7 from 192.0.2.7, on dev eth0`: the destination, then the source. */
function martianIn(log: Log, entry: LogEntry): Martian[] {
  const { content } = entry;
  if (content.kind !== "message" && content.kind !== "text") return [];
  const m = /martian source ([0-9.]{7,15}) from ([0-9.]{7,15})/.exec(content.text);
  const address = readAddress(m?.[2] ?? "");
  return m === null || address === undefined || m[1] !== m[2] ? [] : [{ log, entry, text: content.text, address }];
}
