import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan, SECOND } from "../../net/time.ts";
import type { RuledOut } from "../signature.ts";
import { endpointOf, named } from "../trail-queries.ts";
import type { Death } from "./death.ts";

/** Who ended, how that looked, and what this connection lost by it. */
export function summaryOf(death: Death): string {
  const { trail } = death.close.reading;
  const refused = death.refused === undefined ? "" : ", and new connections were refused right afterwards";
  return `The process behind ${named(trail, "server")} ended: ${told(death)}${refused}. Client ${printEndpoint(endpointOf(trail, "client"))} lost ${lost(death)}.`;
}

const HOW = {
  fin: "FIN without a goodbye",
  abort: "RST with data unread",
  "no-socket": "RST to data on a connection that nobody had closed",
} as const;

function told({ close, fellows }: Death): string {
  if (fellows.length === 0) return HOW[close.kind];
  const within = Math.max(...fellows.map((fellow) => Math.abs(fellow.step.time - close.step.time)));
  return `${HOW[close.kind]}, on ${fellows.length + 1} connections within ${printSpan(within)}`;
}

function lost({ close, work }: Death): string {
  if (work.kind === "request") return "a request that had no answer yet";
  if (work.kind === "stream") return `a stream on which the server had sent something ${printSpan(close.idle)} before`;
  return close.kind === "no-socket" ? "the data it had sent" : "an idle connection";
}

/** Why it was not one of the stories that look alike. */
export function ruledOut({ close, work, fellows }: Death): readonly RuledOut[] {
  const announced = {
    cause: "goaway-planned",
    because: "the server announced no end: no GOAWAY, no record that could be one",
  };
  const port = {
    cause: "backend-tuple-collision",
    because: "the client's port was not used for another connection meanwhile",
  };
  if (close.kind === "no-socket") {
    const silence = "no silence came before it that the connection had not survived before";
    return [announced, { cause: "silent-idle-drop", because: silence }, port];
  }
  const busy = work.kind === "stream" || close.idle < SECOND;
  const race =
    busy || fellows.length === 0
      ? `the connection was at work ${printSpan(close.idle)} before`
      : "connections with other idle times went at the same instant";
  return [announced, { cause: "keep-alive-race", because: race }, port];
}
