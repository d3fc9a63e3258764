import { serverOf } from "../../flow/flow.ts";
import type { Endpoint } from "../../net/endpoint.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { remember } from "../remember.ts";
import type { Destination, Vantage } from "../scene.ts";
import { answeredBy } from "../syn-queries.ts";

/** Another destination that answered: of the same host where there is one, otherwise any. */
export function controlOf(vantage: Vantage, { address, port }: Endpoint): Destination | undefined {
  const answered = answeredBy(vantage);
  const same = answered.get(address)?.find((d) => d.endpoint.port !== port);
  if (same !== undefined) return same;
  for (const [other, destinations] of answered) if (other !== address) return destinations[0];
  return undefined;
}

const trailsByServer = remember((vantage: Vantage) => Map.groupBy(vantage.trails, (t) => serverOf(t.flow).address));

/** What became of older connections to the same host after `at`: the server went on talking, or left data unanswered. */
export function outcomeOfOthers(vantage: Vantage, address: string, at: Nanoseconds): "alive" | "dead" | undefined {
  const all = trailsByServer(vantage).get(address) ?? [];
  const older = all.filter((t) => t.flow.synAck.length > 0 && t.flow.from < at);
  if (older.some((t) => t.segments.some((s) => s.from === "server" && s.time > at))) return "alive";
  const unanswered = older.some((t) => {
    const answer = t.segments.findLastIndex((s) => s.from === "server");
    return t.segments.slice(answer + 1).filter((s) => s.length > 0).length >= 2;
  });
  return unanswered ? "dead" : undefined;
}
