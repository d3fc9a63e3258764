import type { Explanation } from "../incident/explanation.ts";
import type { Instant } from "../net/time.ts";
import type { Expectation } from "../scenario/scenario.ts";

export interface RunVerdict {
  readonly agrees: boolean;
  /** What was expected and what was found, in a sentence. */
  readonly text: string;
}

/**
 * Whether `explain` found in a run's evidence what the scenario says is in it. An expected cause must be named, and no other cause beside it; what
 * is left undecided is told and is no contradiction. Where nothing is expected, nothing may be found. What was over before `from` does not count, nor what
 * only made a loss worse.
 */
export function judgeRun(expect: Expectation, explanation: Pick<Explanation, "incidents">, from: Instant): RunVerdict {
  const incidents = explanation.incidents.filter(
    ({ at, until = at, contributes }) => until >= from && contributes !== true,
  );
  const found = [
    ...new Set(
      incidents.map(
        ({ cause, variant, confidence }) => `${variant === undefined ? cause : `${cause} (${variant})`}, ${confidence}`,
      ),
    ),
  ];
  const said = found.length === 0 ? "nothing" : found.join("; ");
  const { cause, variant } = expect;
  if (cause === undefined) {
    return { agrees: found.length === 0, text: `expected: nothing lost; found: ${said}` };
  }
  const named = incidents.some(
    (incident) => incident.cause === cause && (variant === undefined || incident.variant === variant),
  );
  const follows = ["inconclusive", ...(FOLLOWS[cause] ?? [])];
  const others = incidents.some((incident) => incident.cause !== cause && !follows.includes(incident.cause));
  const wanted = variant === undefined ? cause : `${cause} (${variant})`;
  return { agrees: named && !others, text: `expected: ${wanted}; found: ${said}` };
}

/**
 * What is found beside a cause since it follows from it: whoever knocks where a process is gone, a balancer's health check too, is refused; where a
 * host is gone, gets no answer. A port that meets itself at a target meets there what its closed connections have left, too.
 */
export const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  "process-gone": ["connection-refused"],
  "peer-vanished": ["syn-blackhole"],
  "backend-tuple-collision": ["time-wait-collision"],
};
