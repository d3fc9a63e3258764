import { checkNumber, GuardFault } from "./guard-fault.ts";

/** What the decision may look at. Never a body, and never anything that would have to be waited for. */
export interface GoawayRequest {
  readonly method: string;
  /** With the query, as sent. */
  readonly path: string;
  readonly userAgent: string | undefined;
}

/**
 * Who is never told to go away: by the beginning of the user agent or the path, by a pattern, or by any predicate.
 * A predicate must answer at once. One that throws exempts the request, and a warning (`GuardWarning`) says so once.
 */
export type GoawayExemption =
  | { readonly userAgent: string | RegExp }
  | { readonly path: string | RegExp }
  | ((request: GoawayRequest) => boolean);

export interface GoawayRuleOptions {
  /**
   * Probability, from 0 to `maxChance`, that a request makes the server tell its client to go elsewhere.
   * Default: none, it must be said. 0 turns it off. Sensible: 0.0005 to 0.005; 0.001 to begin with, as Kubernetes
   * suggests. A connection with r requests/s lives for 1 / (chance · r) s on average.
   * Prevents: connections that stay on the servers they found first, so that a restarted server gets no work.
   * Go and Kubernetes: `--goaway-chance` of kube-apiserver (at most 0.02). gRPC: nearest is MAX_CONNECTION_AGE.
   */
  readonly chance: number;
  /**
   * Clients that stay whatever the dice say. Default: none. Sensible: clients on the servers' own hosts, which a
   * balancer that keeps client addresses may lead back to themselves (they would time out), and health checks.
   * Go, Kubernetes and gRPC: nothing like it upstream.
   */
  readonly exempt?: GoawayExemption | readonly GoawayExemption[];
  /**
   * The largest `chance` that is accepted. Default: 0.02, the bound of Kubernetes. Sensible: the default. Why: at 0.02 a client loses its
   * connection every 50 requests on average, and each loss costs a TCP and a TLS handshake and, where clients keep their
   * address through a balancer, one more chance of a port collision. Raise it for tests only.
   * Kubernetes: 0.02, fixed. Go and gRPC: none.
   */
  readonly maxChance?: number;
}

/** Checked options. */
export interface GoawayRule {
  readonly chance: number;
  readonly exempt: readonly GoawayExemption[];
}

/** `go`: tell this client to go elsewhere. `exempt`: the dice said go, an exemption said stay. */
export type GoawayDecision = "stay" | "exempt" | "go";

const KUBERNETES_MAXIMUM = 0.02;

/** Checks the options; throws a `GuardFault` that says what is wrong and why it matters. */
export function goawayRule(options: GoawayRuleOptions): GoawayRule {
  const { chance, maxChance = KUBERNETES_MAXIMUM, exempt = [] } = options;
  checkNumber("maxChance", maxChance);
  checkNumber("chance", chance);
  if (!(maxChance > 0 && maxChance <= 1)) {
    throw new GuardFault("bad-max-chance", `maxChance is a probability above 0 and up to 1, not ${maxChance}`);
  }
  if (!(chance >= 0 && chance <= maxChance)) {
    throw new GuardFault(
      "bad-chance",
      `chance can not be ${chance}: it is a probability from 0 to ${maxChance}. At 0.02 a client loses its connection ` +
        "every 50 requests; more would make handshakes the main work (Kubernetes sets the same bound)",
    );
  }
  return { chance, exempt: Array.isArray(exempt) ? exempt : [exempt as GoawayExemption] };
}

/**
 * Decides about one HTTP/2 request; `draw` is a fresh number from 0 up to, not including, 1. Kubernetes decides in the same
 * way (`pkg/server/filters/goaway.go`: draw < chance), without exemptions.
 */
export function decideGoaway(rule: GoawayRule, draw: number, request: () => GoawayRequest): GoawayDecision {
  if (draw >= rule.chance) return "stay";
  if (rule.exempt.length === 0) return "go";
  const facts = request();
  return rule.exempt.some((exemption) => matches(exemption, facts)) ? "exempt" : "go";
}

function matches(exemption: GoawayExemption, request: GoawayRequest): boolean {
  if (typeof exemption === "function") return exemption(request);
  if ("path" in exemption) return fits(exemption.path, request.path);
  return request.userAgent !== undefined && fits(exemption.userAgent, request.userAgent);
}

function fits(pattern: string | RegExp, text: string): boolean {
  if (typeof pattern === "string") return text.startsWith(pattern);
  pattern.lastIndex = 0;
  return pattern.test(text);
}
