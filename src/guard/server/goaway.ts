import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2";
import { type Clock, systemClock } from "../clock.ts";
import { decideGoaway, type GoawayDecision, type GoawayRuleOptions, goawayRule } from "../machines/goaway-decision.ts";
import { checkRange } from "../machines/guard-fault.ts";
import { isLeaving, leave } from "./leave.ts";
import { watchServer } from "./watch-server.ts";

export interface GoawayOptions extends GoawayRuleOptions {
  /**
   * How long the answer to the PING that measures the round trip is awaited. Default: 5000, as in gRPC. Sensible: 1000 to 10000.
   * Prevents: a silent client that holds its connection. Go: none, it sends one GOAWAY only. gRPC: 5 s, fixed.
   */
  readonly roundTripLimitMs?: number;
  /** From 0 up to, not including, 1. Default: `Math.random`. */
  readonly dice?: () => number;
  readonly clock?: Clock;
}

/** Numbers for a metrics page; they only grow. */
export interface GoawayCounters {
  /** HTTP/2 requests seen. */
  readonly requests: number;
  /** Connections told to go elsewhere. */
  readonly sent: number;
  /** Times the dice said go and an exemption said stay. */
  readonly exempted: number;
}

export interface GoawayFilter {
  /**
   * Attach it to a server of `node:http2`, before it listens. Secure or not, core or compatibility API. Throws a `GuardFault` (`too-late`) if the
   * server has connections already and nothing here watched it: these could not be told to go.
   */
  readonly attach: <S extends Http2Server | Http2SecureServer>(server: S) => S;
  readonly counters: GoawayCounters;
}

/**
 * Now and then tells an HTTP/2 client to go elsewhere, so that connections spread over servers again: with the given chance a
 * request makes the server send GOAWAY `NO_ERROR`, finish every stream it has, and close. HTTP/1 requests are left alone.
 *
 * GOAWAY comes in two phases and refuses nothing, in the clear and, on Node 22 and 24, over TLS. Where that can't be (docs/guard/drain.md) it
 * comes in one, as in Go and Kubernetes: a request on its way is ignored, and its client sends it again (RFC 9113 §8.7).
 * Throws a `GuardFault` if the options cannot work. Do not use it with one server, or without a balancer in front.
 */
export function goaway(options: GoawayOptions): GoawayFilter {
  const rule = goawayRule(options);
  const { dice = Math.random, clock = systemClock, roundTripLimitMs = 5000 } = options;
  checkRange("roundTripLimitMs", roundTripLimitMs, [1, 600_000]);
  const counters = { requests: 0, sent: 0, exempted: 0 };

  let warned = false;
  const decide = (draw: number, headers: IncomingHttpHeaders): GoawayDecision => {
    try {
      return decideGoaway(rule, draw, () => factsOf(headers));
    } catch (error) {
      // It is asked when the dice say go, once in a thousand requests: a slip in it would end the process long after it was tested.
      if (!warned) process.emitWarning(`an exemption of the goaway filter threw: ${String(error)}`, "GuardWarning");
      warned = true;
      return "exempt";
    }
  };
  const attach = <S extends Http2Server | Http2SecureServer>(server: S): S => {
    const watch = watchServer(server);
    const onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
      counters.requests += 1;
      const decision = decide(dice(), headers);
      if (decision === "stay") return;
      const link = stream.session === undefined ? undefined : watch.http2.get(stream.session as ServerHttp2Session);
      if (link === undefined || isLeaving(link)) return;
      if (decision === "exempt") {
        counters.exempted += 1;
        return;
      }
      counters.sent += 1;
      leave(link, { roundTripLimitMs, clock });
    };
    // Node calls it for both APIs; before the application, as the filter of Kubernetes is.
    (server as Http2Server).prependListener("stream", onStream);
    return server;
  };
  return { attach, counters };
}

function factsOf(headers: IncomingHttpHeaders): { method: string; path: string; userAgent: string | undefined } {
  const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
  return {
    method: text(headers[":method"]) ?? "",
    path: text(headers[":path"]) ?? "",
    userAgent: headers["user-agent"],
  };
}
