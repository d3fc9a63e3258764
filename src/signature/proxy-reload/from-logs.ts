import { type Nanoseconds, SECOND } from "../../net/time.ts";
import { captureAt } from "../capture-advice.ts";
import type { LogLoss } from "../log-losses.ts";
import { type Moment, momentLine, momentsOf } from "../log-moments.ts";
import {
  type History,
  historiesOf,
  instantOfLosses,
  isCut,
  isRefused,
  lineOf,
  namedBy,
  near,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/** Idle connections are closed at once; requests that were on their way meet it within seconds. */
const AFTER: Nanoseconds = 5 * SECOND;

/** Requests that failed in the moment of a reload, and at no other time nearby, as logs tell it. */
export function reloadFromLogs(scene: Scene): Finding[] {
  const reloads = momentsOf(scene).filter(({ kind }) => kind === "reloading");
  return historiesOf(scene).flatMap((history) => {
    for (const reload of reloads) {
      const losses = metBy(history, reload);
      const [first, ...rest] = losses;
      if (first !== undefined) return [findingOf(history, reload, [first, ...rest])];
    }
    return [];
  });
}

/** What was cut in the moment of the reload, where nothing was cut in the minute before and nobody was refused. */
function metBy({ losses }: History, { at }: Moment): readonly LogLoss[] {
  if (at === undefined) return [];
  const met = losses.filter(
    (l) => isCut(l) && l.at !== undefined && l.at >= at - BigInt(SECOND) && l.at <= at + BigInt(AFTER),
  );
  const before = losses.some(
    (l) => isCut(l) && l.at !== undefined && l.at < at - BigInt(SECOND) && near(l.at, at, 60 * SECOND),
  );
  return before || losses.some((l) => isRefused(l) && near(l.at, at, 30 * SECOND)) ? [] : met;
}

function findingOf(history: History, reload: Moment, losses: readonly [LogLoss, ...LogLoss[]]): Finding {
  const [first] = losses;
  return {
    cause: "proxy-reload",
    variant: "from-logs",
    confidence: losses.length >= 2 ? "likely" : "possible",
    initiator: "balancer",
    at: instantOfLosses(losses),
    trails: [],
    named: namedBy(losses),
    evidence: [
      momentLine(reload, `the proxy reloads: ${quote(reload.text)}`),
      ...some(losses).map((loss) => lineOf(loss, `cut in that moment: ${quote(loss.text)}`)),
    ],
    summary: `A proxy reloaded its configuration, and ${losses.length === 1 ? "a request" : `${losses.length} requests`} to ${placeIn(history)} failed in that moment: its old workers close their idle connections at once, and a request that is on its way meets the close. ${quote(first.text)}.`,
    ruledOut: [
      { cause: "process-gone", because: "the proxy started its new workers before, and refused nobody" },
      { cause: "keep-alive-race", because: "the close came with a reload, not after the time of an idle limit" },
    ],
    refutedBy: "the same failures at times without a reload",
    next: captureAt(
      "the proxy",
      "tcp[tcpflags] & (tcp-fin|tcp-rst|tcp-syn) != 0",
      "shows all idle connections close at the moment of the reload",
    ),
    symptoms: [first.error === "reset" ? "connection-reset" : "unexpected-eof"],
  };
}
