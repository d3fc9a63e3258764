import { forMs, printMs } from "../../../net/duration.ts";
import type { Demand, Inequality } from "../../demand.ts";
import type { Rule } from "../../rule.ts";
import { passesOn, type Scene, type Segment, TIMER_MARGIN_MS } from "../../scene.ts";
import { neverIdle } from "../never-idle.ts";

export const rule: Rule = {
  id: "keep-alive-order",
  title: "A server gives up idle connections before the pool that sends requests on them",
  level: "error",
  causes: ["keep-alive-race"],
  references: [
    "RFC 9112 §9.5 (either side may close an idle connection at any time)",
    "https://nodejs.org/api/http.html#serverkeepalivetimeout",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
  ],
  demands: (scene) => [...scene.segments, ...scene.through].flatMap((segment) => demandOf(scene, segment)),
};

function demandOf(scene: Scene, segment: Segment): readonly Demand[] {
  const { opener, acceptor } = segment;
  const pool = scene.value(opener, "poolIdleTimeoutMs");
  const idle = scene.value(acceptor, "idleTimeoutMs");
  // HTTP/2 announces a close: a request that crosses GOAWAY is known to be unprocessed (RFC 9113 §6.8).
  if (idle === undefined || segment.http2) return [];
  if (!segment.carries.includes("http") || neverIdle(scene, segment)) return [];
  if (pool === undefined) return purgeDemand(scene, segment);
  const slack = scene.value(acceptor, "idleSlackMs") ?? 0;
  const really = slack > 0 ? ` (really after ${printMs(idle + slack)})` : "";
  const passed = segment.boxes.filter(passesOn).map(({ id }) => id);
  const reach = passed.length === 0 ? "" : `, and ${passed.join(" and ")} passes the close on`;
  return [
    {
      rule: rule.id,
      level: "error",
      branch: segment.branch,
      hops: [opener.id, acceptor.id],
      anyOf: [
        [order(scene, segment, slack)],
        ...hinted(scene, segment, slack),
        [{ lesser: [{ hop: opener.id, key: "reusesConnections" }], offset: 0, margin: 0 }],
      ],
      settings: [
        { hop: opener.id, key: "poolIdleTimeoutMs" },
        { hop: acceptor.id, key: "idleTimeoutMs" },
      ],
      says: `${opener.id} keeps idle connections ${forMs(pool)} to use them again, ${acceptor.id} closes them after ${printMs(idle)}${really}${reach}: a request that crosses the close is answered with RST and lost.`,
      remedy: `Let ${acceptor.id} keep idle connections longer than ${opener.id} does, by more than a second, or ${opener.id} give them up sooner. Equal is wrong.`,
    },
  ];
}

/**
 * A pool without a timeout of its own, which is purged now and then (HAProxy): a connection outlives one purge at least when it was
 * needed since the last. What comes later nobody knows, so that this is the least that can be asked.
 */
function purgeDemand(scene: Scene, segment: Segment): readonly Demand[] {
  const { opener, acceptor, branch } = segment;
  const purge = scene.value(opener, "poolPurgeIntervalMs");
  const idle = scene.value(acceptor, "idleTimeoutMs");
  if (purge === undefined || idle === undefined) return [];
  const slack = scene.value(acceptor, "idleSlackMs") ?? 0;
  return [
    {
      rule: rule.id,
      level: "warning",
      branch,
      hops: [opener.id, acceptor.id],
      anyOf: [
        [{ ...order(scene, segment, slack), lesser: [{ hop: opener.id, key: "poolPurgeIntervalMs" }] }],
        [{ lesser: [{ hop: opener.id, key: "reusesConnections" }], offset: 0, margin: 0 }],
      ],
      settings: [
        { hop: opener.id, key: "poolPurgeIntervalMs" },
        { hop: acceptor.id, key: "idleTimeoutMs" },
      ],
      says: `${opener.id} purges idle connections every ${printMs(purge)}, half of what it does not need each time, and so keeps some for longer; ${acceptor.id} closes them after ${printMs(idle)}: a request that crosses the close is answered with RST and lost.`,
      remedy: `Let ${acceptor.id} keep idle connections for several times ${printMs(purge)}: how long ${opener.id} keeps one has no fixed end. Or purge more often.`,
    },
  ];
}

/** The pool's patience ends first, by a round trip and what timers need. */
function order(scene: Scene, { opener, acceptor }: Segment, slack: number): Inequality {
  return {
    lesser: [{ hop: opener.id, key: "poolIdleTimeoutMs" }],
    greater: { hop: acceptor.id, key: "idleTimeoutMs" },
    offset: slack,
    margin: TIMER_MARGIN_MS + scene.path.roundTripMs,
    least: scene.path.roundTripMs,
  };
}

/** The server says its timeout and the pool obeys, less a margin of its own: then the figures may stand as they are. */
function hinted(scene: Scene, { opener, acceptor, boxes }: Segment, slack: number): readonly (readonly Inequality[])[] {
  const hintMargin = scene.value(opener, "serverHintMarginMs");
  if (hintMargin === undefined || scene.value(acceptor, "advertisesIdleTimeout") !== 1) return [];
  if (boxes.some((box) => box.layer === 7)) return [];
  const margin = TIMER_MARGIN_MS + scene.path.roundTripMs;
  return [
    [
      {
        lesser: [],
        offset: hintMargin + slack,
        margin: Math.min(margin, TIMER_MARGIN_MS),
        least: scene.path.roundTripMs,
      },
    ],
  ];
}
