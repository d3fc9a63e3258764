import { printSpan } from "../../net/time.ts";
import type { RuledOut } from "../signature.ts";
import { SHORTEST_SILENCE } from "../silence.ts";
import { longestSurvivedSilence } from "../trail-queries.ts";
import type { Loss } from "./loss.ts";

/** A cause that may still be it, and what is missing to decide. */
export interface Candidate {
  readonly cause: string;
  readonly undecided: string;
}

/** The causes that fit what was seen. */
export function candidatesOf(loss: Loss): Candidate[] {
  const idle = forgottenPerhaps(loss);
  switch (loss.kind) {
    case "reset":
      return [
        ...idle,
        ...(loss.accepted
          ? [
              {
                cause: "accepted-then-abandoned",
                undecided: "the request was acknowledged; whether the server gave it up shows in its log",
              },
            ]
          : [{ cause: "keep-alive-race", undecided: "whether the server was closing for idleness does not show" }]),
        { cause: "process-gone", undecided: "no second connection shows whether the server's process ended" },
        { cause: "middlebox-reset", undecided: "only a capture at the server shows whether it sent this RST" },
      ];
    case "closed-unanswered":
      return [
        {
          cause: loss.accepted ? "accepted-then-abandoned" : "keep-alive-race",
          undecided: "whether the server had read the request shows in its log",
        },
        { cause: "process-gone", undecided: "no second connection shows whether the server's process ended" },
      ];
    case "unanswered":
      return [
        ...idle,
        { cause: "peer-vanished", undecided: "only a capture on the other side shows whether the packets arrive" },
        ...(loss.asked.segment.length >= FULL_SIZE
          ? [{ cause: "pmtu-black-hole", undecided: "only large segments were tried" }]
          : []),
      ];
    case "keepalive-unanswered":
      return [
        ...idle,
        { cause: "peer-vanished", undecided: "only a capture on the other side shows whether the probes arrive" },
      ];
    case "lost-ping":
      return [
        {
          cause: "accepted-then-abandoned",
          undecided: "the server's kernel took the PING; whether its process still ran does not show",
        },
        { cause: "flow-control-stall", undecided: "what the server could not send does not show" },
      ];
    case "connect":
      return [
        { cause: "syn-blackhole", undecided: "only a capture at the server shows whether the SYNs arrive" },
        {
          cause: "accept-queue-overflow",
          undecided: "a server with a full queue drops SYNs as silently (nstat: ListenDrops)",
        },
        {
          cause: "snat-port-exhaustion",
          undecided: "a translating box on the way would show it (conntrack -S: insert_failed)",
        },
        { cause: "hairpin-loopback", undecided: "whether the balancer chose the client itself does not show here" },
      ];
  }
}

/** Payload bytes of a segment that fills an Ethernet frame, tunnels allowed for. */
const FULL_SIZE = 1200;

function forgottenPerhaps({ reading, asked }: Loss): Candidate[] {
  const { silence } = asked;
  if (silence < SHORTEST_SILENCE || silence <= longestSurvivedSilence(reading, asked.index)) return [];
  return [
    {
      cause: "silent-idle-drop",
      undecided: `${printSpan(silence)} of silence went before, longer than any it had survived; whether a box on the way forgot it shows at the other side`,
    },
  ];
}

/** The causes that what was seen excludes. */
export function excludedBy(loss: Loss): RuledOut[] {
  switch (loss.kind) {
    case "reset":
      return [{ cause: "peer-vanished", because: "an answer came, if only RST" }];
    case "closed-unanswered":
      return [
        { cause: "peer-vanished", because: "the server sent FIN" },
        { cause: "silent-idle-drop", because: "the connection worked in both directions to the end" },
      ];
    case "unanswered":
    case "keepalive-unanswered":
      return [{ cause: "process-gone", because: "a host whose process is gone answers with RST" }];
    case "lost-ping":
      return [{ cause: "peer-vanished", because: "the other host acknowledged the PING" }];
    case "connect":
      return [{ cause: "connection-refused", because: "no RST came back" }];
  }
}
