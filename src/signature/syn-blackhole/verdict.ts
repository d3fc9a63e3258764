import { isAtHost, isFresh, missedBy } from "../answering-host.ts";
import type { Destination, Scene } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import { type Attempt, elsewhere, otherVersionAnswered } from "../syn-queries.ts";

/** SYNs to one destination without answer: one or two may be lost by chance, three are not. */
const ENOUGH_SYNS = 3;

/** What the captures together say of where the SYNs end. */
export interface Verdict {
  readonly variant: "dropped-on-the-way" | "dropped-at-the-server" | "answer-lost" | undefined;
  readonly confidence: Confidence;
  readonly where: string;
}

/** Weighs one destination's unanswered attempts; `control` is another destination that did answer, of the same host where there is one. */
export function verdictOf(
  scene: Scene,
  group: readonly [Attempt, ...Attempt[]],
  control: Destination | undefined,
  own: Destination | undefined,
): Verdict {
  const [first] = group;
  const far = group.flatMap((a) => elsewhere(scene, a));
  const answered = far.find((a) => !a.silent);
  if (answered !== undefined) {
    const where = `${answered.vantage.file} shows the SYN arrive and an answer leave, so it is the answer that is lost on the way back`;
    return { variant: "answer-lost", confidence: "possible", where };
  }
  const total = group.reduce((sum, a) => sum + a.syns.length, 0);
  const enough = total >= ENOUGH_SYNS && control !== undefined && own?.answeredTo === undefined;
  if (group.every(otherVersionAnswered)) {
    const where = "the client went on over the other IP version, so nothing may have been lost";
    return { variant: undefined, confidence: "possible", where };
  }
  const missed = group.map((a) => missedBy(scene, a)).find((v) => v !== undefined);
  if (missed !== undefined && total >= ENOUGH_SYNS) {
    return {
      variant: "dropped-on-the-way",
      confidence: missed.sure ? "certain" : enough ? "likely" : "possible",
      where: `${missed.vantage.file}, taken at ${first.server.address}, does not show them, so they were dropped on the way`,
    };
  }
  const atHost = [first, ...far].find((a) => isAtHost(a.vantage, a.server.address) && !isFresh(a.syns[0].ttl));
  if (atHost !== undefined) {
    return {
      variant: "dropped-at-the-server",
      confidence: enough ? "likely" : "possible",
      where: `${atHost.vantage.file} shows them arrive at the host, which drops them (a filter on that host, or a full queue)`,
    };
  }
  const where =
    control?.endpoint.address === first.server.address
      ? "that host is up, so something drops what goes to this port"
      : "a filter drops them, or no host is there";
  return { variant: undefined, confidence: enough ? "likely" : "possible", where };
}
