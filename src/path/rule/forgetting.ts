import type { Inequality, Option } from "../demand.ts";
import type { Hop } from "../hop.ts";
import { type Scene, type Segment, TIMER_MARGIN_MS } from "../scene.ts";
import type { SettingKey } from "../setting.ts";

/** Something between two ends that forgets silent connections: a box, or the connection tracking of an end's host. */
export interface Forgetter {
  readonly hop: Hop;
  readonly key: "idleTimeoutMs" | "conntrackEstablishedMs";
  readonly limitMs: number;
}

/** Everything on a segment that is known to forget. */
export function forgettersOn(scene: Scene, { opener, acceptor, boxes }: Segment): readonly Forgetter[] {
  const candidates = [
    ...boxes.map((hop) => ({ hop, key: "idleTimeoutMs" as const })),
    ...[opener, acceptor].map((hop) => ({ hop, key: "conntrackEstablishedMs" as const })),
  ];
  return candidates.flatMap(({ hop, key }) => {
    const limitMs = scene.value(hop, key);
    return limitMs === undefined || limitMs === Number.POSITIVE_INFINITY ? [] : [{ hop, key, limitMs }];
  });
}

/** `of <= the forgetter's limit`, with the margin of a timer. */
export function before(scene: Scene, forgetter: Forgetter, hop: Hop, key: SettingKey): Inequality {
  return {
    lesser: [{ hop: hop.id, key }],
    greater: { hop: forgetter.hop.id, key: forgetter.key },
    margin: TIMER_MARGIN_MS + scene.path.roundTripMs,
    least: scene.path.roundTripMs,
  };
}

/** The same of a keepalive or PING, with room for the next should one be lost: what a remedy leaves, not what is asked of a path. */
function speaking(scene: Scene, forgetter: Forgetter, hop: Hop, key: SettingKey): Inequality {
  return { ...before(scene, forgetter, hop, key), room: roomForLoss(forgetter) };
}

/** Half: the next one comes no later than as long again. */
const roomForLoss = ({ limitMs }: Forgetter): number => limitMs / 2;

/** Whether both ends hear of it when a connection is forgotten: an open stream ends then, and is not half-open. */
export const isHeard = (scene: Scene, { hop }: Forgetter): boolean => scene.value(hop, "resetsOnExpiry") === 1;

/** The slowest that has that room, in whole seconds. */
export const roomyMs = (scene: Scene, forgetter: Forgetter): number => {
  const margin = TIMER_MARGIN_MS + scene.path.roundTripMs;
  return Math.max(1000, Math.floor((forgetter.limitMs - roomForLoss(forgetter) - margin) / 1000) * 1000);
};

const on = (hop: Hop, key: SettingKey): Inequality => ({
  lesser: [],
  plus: 1,
  greater: { hop: hop.id, key },
  margin: 0,
});

/** The settings with which either end can speak before a box forgets. */
const SPEAKING = {
  opener: ["tcpKeepaliveMs", "readIdleTimeoutMs", "pingIntervalMs"],
  acceptor: ["serverTcpKeepaliveMs", "serverPingIntervalMs"],
} as const satisfies Record<string, readonly SettingKey[]>;

/** The ways in which either end speaks on a silent connection before a box forgets it. */
export function speakingOptions(
  scene: Scene,
  segment: Segment,
  forgetter: Forgetter,
  open: boolean,
): readonly Option[] {
  const { opener, acceptor, http2 } = segment;
  const counts = scene.value(forgetter.hop, "countsTcpKeepalive") !== 0;
  const options: Option[] = [];
  if (counts) {
    options.push([speaking(scene, forgetter, opener, "tcpKeepaliveMs")]);
    options.push([on(opener, "tcpKeepalive"), speaking(scene, forgetter, opener, "hostTcpKeepaliveMs")]);
    options.push([speaking(scene, forgetter, acceptor, "serverTcpKeepaliveMs")]);
  }
  if (http2) {
    const ping = speaking(scene, forgetter, opener, "pingIntervalMs");
    options.push([speaking(scene, forgetter, opener, "readIdleTimeoutMs")]);
    // Without open streams gRPC clients send PINGs only when told to.
    options.push(open ? [ping] : [on(opener, "pingsWithoutStreams"), ping]);
    options.push([speaking(scene, forgetter, acceptor, "serverPingIntervalMs")]);
  }
  if (open) options.push([before(scene, forgetter, opener, "heartbeatMs")]);
  return options;
}

/** The ways in which one end closes an idle connection itself before the box forgets it. */
export function closingOptions(scene: Scene, segment: Segment, forgetter: Forgetter): readonly Option[] {
  const { opener, acceptor } = segment;
  const pool = before(scene, forgetter, opener, "poolIdleTimeoutMs");
  const hintMs = hintedPoolMs(scene, segment);
  const own: readonly Option[] =
    hintMs === undefined
      ? [[pool]]
      : [
          // What the server says stands instead of the pool's own time, unless it says nothing.
          [{ lesser: [{ hop: acceptor.id, key: "advertisesIdleTimeout" }], offset: 0, margin: 0 }, pool],
          [
            {
              ...before(scene, forgetter, acceptor, "idleTimeoutMs"),
              offset: scene.value(opener, "serverHintMarginMs") ?? 0,
            },
          ],
          [before(scene, forgetter, opener, "serverHintMostMs")],
        ];
  return [
    ...own,
    [before(scene, forgetter, acceptor, "idleTimeoutMs")],
    // RST to both ends at expiry is a close that both hear of.
    [on(forgetter.hop, "resetsOnExpiry")],
  ];
}

/** How long a pool keeps connections because the server's Keep-Alive: timeout=N is longer than its own time; undefined where it does not. */
export function hintedPoolMs(scene: Scene, { opener, acceptor }: Segment): number | undefined {
  const [margin, most] = [scene.value(opener, "serverHintMarginMs"), scene.value(opener, "serverHintMostMs")];
  const [idle, pool] = [scene.value(acceptor, "idleTimeoutMs"), scene.value(opener, "poolIdleTimeoutMs") ?? 0];
  if (margin === undefined || most === undefined || idle === undefined) return undefined;
  const hinted = Math.min(idle - margin, most);
  return scene.value(acceptor, "advertisesIdleTimeout") === 1 && hinted > pool ? hinted : undefined;
}

/** Connections kept for the next request, or such with an open stream or watch. */
export type Silence = "idle" | "open";

/** An end that is known to speak on silent connections, and how. */
export interface Speaker {
  readonly hop: Hop;
  readonly key: SettingKey;
  readonly ms: number;
  /** Its PINGs are sent with open streams only, and none is open. */
  readonly mute: boolean;
}

/** The fastest keepalive or PING that an end is known to send: what was meant to help, and may not. */
export function speakerOn(scene: Scene, { opener, acceptor, http2 }: Segment, silence: Silence): Speaker | undefined {
  const mute = silence === "idle" && scene.value(opener, "pingsWithoutStreams") !== 1;
  const candidates = [
    ...SPEAKING.opener.map((key) => ({ hop: opener, key: key as SettingKey, mute: mute && key === "pingIntervalMs" })),
    ...(scene.value(opener, "tcpKeepalive") === 1
      ? [{ hop: opener, key: "hostTcpKeepaliveMs" as SettingKey, mute: false }]
      : []),
    ...SPEAKING.acceptor.map((key) => ({ hop: acceptor, key: key as SettingKey, mute: false })),
  ];
  return candidates
    .filter(({ key }) => http2 || !/ping|readIdle/i.test(key))
    .flatMap(({ hop, key, mute: silent }) => {
      const ms = scene.value(hop, key);
      return ms === undefined || ms === Number.POSITIVE_INFINITY ? [] : [{ hop, key, ms, mute: silent }];
    })
    .sort((a, b) => a.ms - b.ms)[0];
}
