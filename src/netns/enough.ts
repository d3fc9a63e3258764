import type { Expectation, Network } from "../scenario/scenario.ts";

/** When a run has shown what it is for: so many lines of its clients that hold one of these texts, and a while after. */
export interface Enough {
  readonly texts: readonly string[];
  readonly times: number;
  /** Lines before that are about losses that may not count. */
  readonly fromMs: number;
  readonly thenMs: number;
}

/**
 * What clients say when a story's loss has happened to them, for stories in which it is left to chance when. Undefined where nothing is expected: there
 * only the whole time shows that nothing comes.
 */
export function enoughOf(
  { cause, variant, notReady, fromMs = 0 }: Expectation,
  network: Pick<Network, "clients">,
): Enough | undefined {
  // What is told so long after may have come about before losses count.
  const late = Object.values(network.clients).map(({ healthCheck, connectTimeoutMs }) =>
    Math.max(1000, connectTimeoutMs, (healthCheck?.readIdleTimeoutMs ?? 0) + (healthCheck?.pingTimeoutMs ?? 0)),
  );
  const counts = fromMs === 0 ? 0 : fromMs + Math.max(...late) + SECOND_ROUND_MS;
  const said = (times: number, ...texts: readonly string[]): Enough => ({
    texts,
    times,
    fromMs: counts,
    thenMs: AFTERMATH_MS,
  });
  switch (cause) {
    case "backend-tuple-collision":
      if (variant === "new-connection-refused") return said(1, ": i/o timeout", "connect timed out");
      return notReady === true
        ? said(1, "status change NodeNotReady")
        : said(2, "ended with: http2: client connection lost", "ended with: read tcp");
    case "keep-alive-race":
      return said(4, " 502 ", "socket hang up");
    case "accepted-then-abandoned":
      return said(2, "ECONNRESET", "socket hang up");
    case "client-port-exhaustion":
      return said(4, "EADDRNOTAVAIL");
    case "snat-port-exhaustion":
      return said(4, "connect timed out");
    case "goaway-mishandled":
      return said(20, "given up after 1 attempts");
    default:
      return undefined;
  }
}

/** Retransmissions, logs and what follows from a loss come within so long. */
const AFTERMATH_MS = 6000;

/** A grace of the node lifecycle, scaled, and what a reflector waits. */
const SECOND_ROUND_MS = 4000;
