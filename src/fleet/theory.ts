/**
 * The closed forms that exist for a fleet behind a goaway filter and a balancer. The simulation is checked against them, and
 * `calibrate` starts from them. Symbols: c the goaway chance, r requests a second on one connection, γ = c·r the rate at which a
 * connection is told to go away, P ports, N targets, V balancer nodes, L live connections. Rates are per second, times in seconds.
 *
 * All of it takes for granted: independent clients; targets chosen uniformly for each new connection (a hash of the four-tuple and the
 * initial sequence number is as good as that); no queueing. Where a form says less, its comment does. Long, since it is one
 * list of derivations.
 */

/** The goaway filter on one connection. */
export interface GoawayLoad {
  /** Of each request, from 0 to 1. */
  readonly chance: number;
  /** On one connection. */
  readonly requestsPerSecond: number;
}

/**
 * How often one connection is told to go away: γ = c·r. Requests are Bernoulli trials, so that the number of requests until
 * GOAWAY is geometric with mean 1/c, and the mean time 1/γ. With Poisson requests the waiting time is exponential (thinning).
 */
export const goawaysPerSecond = ({ chance, requestsPerSecond }: GoawayLoad): number => chance * requestsPerSecond;

/** Probability that the n-th request is the first that is answered with GOAWAY: c·(1-c)^(n-1). */
export const chanceOfGoawayAt = (chance: number, request: number): number => chance * (1 - chance) ** (request - 1);

/**
 * Probability that a connection has not been told to go away after `seconds`. Poisson requests: e^(-γt). Steady ones at
 * distance 1/r from a uniform start: of x = t·r requests k = floor(x) have come for certain and one more with probability f = x-k,
 * which makes (1-c)^k · (1 - f·c).
 */
export function staysUntil(
  load: GoawayLoad & { readonly spacing: "steady" | "poisson"; readonly seconds: number },
): number {
  const { chance, requestsPerSecond, spacing, seconds } = load;
  if (spacing === "poisson") return Math.exp(-goawaysPerSecond(load) * seconds);
  const requests = requestsPerSecond * seconds;
  const certain = Math.floor(requests);
  return (1 - chance) ** certain * (1 - (requests - certain) * chance);
}

/**
 * Ports among which connect() without bind() starts to look, and finds one while any of them is free towards the destination: those of the
 * parity of the first, an even number of ports being looked at (Linux `__inet_hash_connect`, 4.2 and later; measured on 6.18: 14,116 of the default 28,232). Only
 * when all are in use towards that destination does it look at the others.
 */
export function preferredPorts([first, last]: readonly [first: number, last: number]): number {
  const looked = last - first + 1;
  return looked > 1 ? (looked - (looked % 2)) / 2 : looked;
}

/** What a new connection of one source address meets. Behind NAT that address is the box's, and all its clients share it. */
export interface CollisionLoad {
  /** Live connections of the source address through all balancer nodes, those included that were told to go away and still have streams. */
  readonly live: number;
  /** V: balancer nodes, over which connections spread evenly. */
  readonly nodes: number;
  /** N: targets that the nodes share. */
  readonly targets: number;
  /** P: `preferredPorts` of a Linux host; all ports of a translating box. */
  readonly ports: number;
  /** Off: nodes share no target, and nothing collides. */
  readonly crossZone: boolean;
  readonly preserveClientIp: boolean;
  /**
   * "flow": each flow's target is its own draw. "port": nodes hash the source address and port alone, so that one port leads to one
   * target through every node.
   */
  readonly choice: "flow" | "port";
}

/** What is open at the moment when a source address opens one more. */
export interface PairsInUse {
  /** L: connections through other nodes than the new one's. */
  readonly elsewhere: number;
  /** m: connections through its own node, whose ports it cannot have. */
  readonly here: number;
  readonly targets: number;
  readonly ports: number;
}

/**
 * Probability that a new connection lands on a socket pair that is in use at its target: L/(P·N - m), or L/(P·N) where few of the ports are
 * taken. The new port is one of the P - m that are free towards its node, the target one of N: an older pair whose port is free is hit with
 * probability 1/(N·(P - m)). Its port would be free with probability 1 - m/P, were ports towards two nodes independent. They are not
 * quite: of two connections on one pair the older has died, so that sharing a port has odds 1 - 1/N, and the port is free with probability
 * (1 - m/P)/(1 - m/(P·N)). The product is 1/(P·N - m), exactly for one older connection. For L of them L times that is within 4 % even where
 * four ports in ten are taken (by simulation of connections that come and go), and within m/(P·N) of L/(P·N).
 */
export const chanceOfUsedPair = ({ elsewhere, here, targets, ports }: PairsInUse): number =>
  elsewhere === 0 ? 0 : Math.min(1, elsewhere / Math.max(1, ports * targets - here));

/**
 * The same from how many connections there are: L = live·(1 - 1/V), m = live/V. With "port" a port leads to one target everywhere, as if
 * there were one: L/(P - m). Linux moves on from port to port from a random start for each destination (RFC 6056 §3.3.4), so that
 * collisions come in clusters: this mean holds, their variance is larger than Poisson's.
 */
export function collisionChance(load: CollisionLoad): number {
  const { live, nodes, ports, crossZone, preserveClientIp, choice } = load;
  if (!crossZone || !preserveClientIp) return 0;
  const targets = choice === "port" ? 1 : load.targets;
  return chanceOfUsedPair({ elsewhere: live * (1 - 1 / nodes), here: live / nodes, targets, ports });
}

/** A source address: a host, or the address of a translating box. */
export interface SourceLoad extends CollisionLoad {
  /** Connections that it opens. */
  readonly newPerSecond: number;
  /** How many alike there are. */
  readonly addresses: number;
}

/** Collisions that a fleet has to expect in an hour: new connections times their chance, added up. */
export const collisionsPerHour = (sources: readonly SourceLoad[]): number =>
  sources.reduce((sum, source) => sum + 3600 * source.newPerSecond * source.addresses * collisionChance(source), 0);

/**
 * How often one particular connection is the victim: each of the new connections through other nodes, a share 1 - 1/V, hits
 * its pair with probability 1/(P·N - m). It is `newPerSecond · collisionChance / live`.
 */
export const lossesPerSecondOfOne = (source: SourceLoad): number =>
  source.live === 0 ? 0 : (source.newPerSecond * collisionChance(source)) / source.live;

export interface Lingering {
  /** γ of the connection in use. */
  readonly goawaysPerSecond: number;
  /** Long streams of one transport; a new one is opened on the newest connection when the old one ends. */
  readonly watches: number;
  /** Their lifetime is uniform between the two. */
  readonly shortestS: number;
  readonly longestS: number;
}

/**
 * Old connections that one transport has beside its newest: those that were told to go away and still carry a watch. Looked at in the
 * steady state, ages of streams are independent with density (1 - F(a))/E[W], F the distribution of lifetimes; GOAWAYs are a Poisson
 * process backwards in time. An old connection is counted at its youngest stream, of age a: the GOAWAY before it (counted from then on)
 * came x ~ Exp(γ) later, x < a, and no other stream is younger than a and older than a - x. So
 * s · ∫ f(a) ∫_0^a γ e^(-γx) (1 - F_A(a) + F_A(a-x))^(s-1) dx da. For s = 1 that is 1 - (1 - E[e^(-γW)])/(γ E[W]); otherwise it is
 * integrated numerically (midpoints, 300 by 300: error below 0.1 %).
 */
export function lingeringConnections(load: Lingering): number {
  const { goawaysPerSecond: rate, watches, shortestS, longestS } = load;
  if (rate === 0 || watches === 0) return 0;
  const mean = (shortestS + longestS) / 2;
  if (watches === 1) return 1 - (1 - laplaceOfUniform(rate, shortestS, longestS)) / (rate * mean);
  const steps = 300;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const age = ((i + 0.5) / steps) * longestS;
    const density = surviving(age, shortestS, longestS) / mean;
    const younger = youngerShare(age, shortestS, longestS);
    let inner = 0;
    for (let j = 0; j < steps; j++) {
      const since = ((j + 0.5) / steps) * age;
      const others = 1 - younger + youngerShare(age - since, shortestS, longestS);
      inner += rate * Math.exp(-rate * since) * others ** (watches - 1);
    }
    sum += density * inner * (age / steps);
  }
  return watches * sum * (longestS / steps);
}

/** E[e^(-γW)] of a uniform W. */
function laplaceOfUniform(rate: number, least: number, most: number): number {
  if (most === least) return Math.exp(-rate * least);
  return (Math.exp(-rate * least) - Math.exp(-rate * most)) / (rate * (most - least));
}

/** 1 - F of a uniform lifetime. */
const surviving = (age: number, least: number, most: number): number =>
  age <= least ? 1 : age >= most ? 0 : (most - age) / (most - least);

/** Share of streams that are younger than an age: the integral of (1 - F)/E[W]. */
function youngerShare(age: number, least: number, most: number): number {
  const mean = (least + most) / 2;
  if (age <= least) return age / mean;
  const beyond = Math.min(age, most) - least;
  const lost = most === least ? 0 : beyond ** 2 / (2 * (most - least));
  return (least + beyond - lost) / mean;
}

/**
 * Share of connections that have not moved `seconds` after a server came back: e^(-γt). Each connection moves at rate γ to a server that
 * is drawn anew, so that the difference between what a server has and its fair share decays exponentially, with this half-life:
 */
export const rebalanceHalfLife = (load: GoawayLoad): number => Math.LN2 / goawaysPerSecond(load);

/**
 * Connections that a server has on average `seconds` after it came back empty: n/k · (1 - e^(-γt)). The target of each move is uniform over
 * all k servers, its old one included.
 */
export function connectionsAfterReturn(
  load: GoawayLoad & { readonly connections: number; readonly servers: number; readonly seconds: number },
): number {
  const { connections, servers, seconds } = load;
  return (connections / servers) * -Math.expm1(-goawaysPerSecond(load) * seconds);
}

/** n connections, each on one of k servers at random: what imbalance is left when all is balanced. */
export interface Spread {
  readonly connections: number;
  readonly servers: number;
}

/**
 * Expected Gini coefficient Σ|xi - xj| / (2k²·mean) of the counts. By symmetry it is (k-1)/k · E|X1 - X2| / (2n/k). Of the M ~ Bin(n, 2/k)
 * connections on either of two servers each is on the first with probability 1/2, so that X1 - X2 is a symmetric walk of M steps,
 * with E|S(m+1)| = E|S(m)| + P(S(m) = 0). Exact, in O(n).
 */
export function expectedGini({ connections: n, servers: k }: Spread): number {
  if (k === 1 || n === 0) return 0;
  const p = 2 / k;
  let expected = 0;
  let walk = 0;
  let atZero = 1;
  // Bin(n, p) in logarithms, since its first terms are too small for a double.
  let log = p === 1 ? Number.NEGATIVE_INFINITY : n * Math.log1p(-p);
  for (let m = 0; m <= n; m++) {
    expected += (p === 1 ? Number(m === n) : Math.exp(log)) * walk;
    if (p < 1) log += Math.log(((n - m) * p) / ((m + 1) * (1 - p)));
    if (m % 2 === 0) walk += atZero;
    // P(S(2i+2) = 0) = P(S(2i) = 0) · (2i+1)/(2i+2).
    if (m % 2 === 1) atZero *= m / (m + 1);
  }
  return (((k - 1) / k) * expected) / ((2 * n) / k);
}

/** Up to so many connections the largest count is calculated exactly. */
const MOST_EXACT = 300;

/**
 * Expected largest count over the mean one. Exact for up to 300 connections: P(max <= m) is the product over servers of binomials cut
 * off at m (the next server's share of the rest is 1/(servers left)). For more, the counts are n/k + sqrt(n/k)·(Z - mean Z) with
 * independent normal Z, so that it is 1 + sqrt(k/n)·e(k), e(k) the expected largest of k normals: at 300 connections too small by less than
 * 1 % for up to ten servers and by 4 % for thirty, less with more connections.
 */
export function expectedMaxOverMean(spread: Spread): number {
  const { connections: n, servers: k } = spread;
  if (n === 0) return 1;
  if (n > MOST_EXACT) return 1 + Math.sqrt(k / n) * largestOfNormals(k);
  let expected = 0;
  for (let m = 0; m < n; m++) {
    const more = 1 - chanceOfMaxAtMost(spread, m);
    expected += more;
    if (more < 1e-13) break;
  }
  return expected / (n / k);
}

function chanceOfMaxAtMost({ connections: n, servers: k }: Spread, most: number): number {
  if (most * k < n) return 0;
  // left[r]: probability that r connections fit on the servers looked at so far, the last ones first.
  let left = Array.from({ length: n + 1 }, (_, r) => Number(r <= most));
  for (let servers = 2; servers <= k; servers++) {
    const p = 1 / servers;
    left = left.map((_, r) => {
      let sum = 0;
      let term = (1 - p) ** r;
      for (let x = 0; x <= Math.min(r, most); x++) {
        sum += term * (left[r - x] ?? 0);
        term *= ((r - x) * p) / ((x + 1) * (1 - p));
      }
      return sum;
    });
  }
  return left[n] ?? 0;
}

/** E[max] of k standard normals: the integral of 1 - Φ^k above zero less that of Φ^k below. */
function largestOfNormals(k: number): number {
  const step = 0.005;
  let sum = 0;
  for (let z = step / 2; z < 9; z += step) sum += 1 - normalCdf(z) ** k - normalCdf(-z) ** k;
  return sum * step;
}

/** Φ, to 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function normalCdf(z: number): number {
  if (z < 0) return 1 - normalCdf(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

/** From the silent loss of the connection that carries the watch of the leases to the next good one. */
export interface LostWatch {
  readonly readIdleTimeoutS: number;
  readonly pingTimeoutS: number;
  /** From giving up the old connection to the leases' being known again. */
  readonly reconnectS: number;
  readonly nodeMonitorGraceS: number;
  readonly nodeMonitorPeriodS: number;
  readonly leaseRenewS: number;
}

/**
 * Probability that one node becomes NotReady because a watch of the leases was lost. The controller looks at all nodes once a period m
 * and stamps a node with its own time in the first look after a newer lease came (kubernetes `node_lifecycle_controller.go`,
 * `tryUpdateNodeHealth`); in a look more than the grace g later the node is NotReady. Looks follow each other a little later than m,
 * since the next is timed from the end of the last: the look at g/m periods is late enough (logs say "40.0s"), so that the node is NotReady
 * n = ceil(g/m) looks after its stamp. Let the watch die at 0, just after a frame. The node's last lease came at -A, A uniform in
 * [0, renew]; its stamp is at W - A, W uniform in [0, m] and independent of A. The leases are known again at D = readIdle + ping + reconnect.
 * The node is NotReady if W - A + n·m < D. With 30 + 15 s and 40 s that is certain, with 50 s it happens to one node in four.
 * Holds while other nodes' leases come often, so that the last frame is fresh: n nodes make it renew/n old on average.
 */
export const chanceNotReady = (lost: LostWatch): number => stampedBefore(lost, slack(lost));

/**
 * How long a node is NotReady on average because of one lost watch, those counted that are not: from the look at which it is
 * late to the first look at which its lease is known again, always whole periods, so that E = m · Σ_j P(W - A < D - n·m - j·m).
 * Until its condition says Ready again it takes the kubelet's next report, which is not in it.
 */
export function expectedNotReadySeconds(lost: LostWatch): number {
  const period = lost.nodeMonitorPeriodS;
  let looks = 0;
  for (let late = slack(lost); late > -lost.leaseRenewS; late -= period) looks += stampedBefore(lost, late);
  return looks * period;
}

/** NotReady minutes of all nodes in an hour. */
export const notReadyMinutesPerHour = (lost: LostWatch, nodes: number, lostWatchesPerHour: number): number =>
  (lostWatchesPerHour * nodes * expectedNotReadySeconds(lost)) / 60;

/** D - n·m: by how much the leases are known again later than a node stamped at 0 would be late. */
function slack(lost: LostWatch): number {
  const { readIdleTimeoutS, pingTimeoutS, reconnectS, nodeMonitorGraceS, nodeMonitorPeriodS } = lost;
  const looks = Math.ceil(nodeMonitorGraceS / nodeMonitorPeriodS);
  return readIdleTimeoutS + pingTimeoutS + reconnectS - looks * nodeMonitorPeriodS;
}

/** P(W - A < x) of W uniform in [0, m] and A uniform in [0, renew]: the area of a rectangle below a diagonal. */
function stampedBefore({ nodeMonitorPeriodS: m, leaseRenewS: renew }: LostWatch, x: number): number {
  const half = (side: number): number => Math.max(0, side) ** 2 / 2;
  return (half(x + renew) - half(x + renew - m) - half(x) + half(x - m)) / (m * renew);
}
