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
    options.push([before(scene, forgetter, opener, "tcpKeepaliveMs")]);
    options.push([on(opener, "tcpKeepalive"), before(scene, forgetter, opener, "hostTcpKeepaliveMs")]);
    options.push([before(scene, forgetter, acceptor, "serverTcpKeepaliveMs")]);
  }
  if (http2) {
    const ping = before(scene, forgetter, opener, "pingIntervalMs");
    options.push([before(scene, forgetter, opener, "readIdleTimeoutMs")]);
    // Without open streams gRPC clients send PINGs only when told to.
    options.push(open ? [ping] : [on(opener, "pingsWithoutStreams"), ping]);
    options.push([before(scene, forgetter, acceptor, "serverPingIntervalMs")]);
  }
  if (open) options.push([before(scene, forgetter, opener, "heartbeatMs")]);
  return options;
}

/** The ways in which one end closes an idle connection itself before the box forgets it. */
export function closingOptions(scene: Scene, { opener, acceptor }: Segment, forgetter: Forgetter): readonly Option[] {
  return [
    [before(scene, forgetter, opener, "poolIdleTimeoutMs")],
    [before(scene, forgetter, acceptor, "idleTimeoutMs")],
    // RST to both ends at expiry is a close that both hear of.
    [on(forgetter.hop, "resetsOnExpiry")],
  ];
}

/** The slowest keepalive or PING that an end is known to send: what was meant to help and does not. */
export function slowSpeaker(
  scene: Scene,
  { opener, acceptor, http2 }: Segment,
): { hop: Hop; key: SettingKey; ms: number } | undefined {
  const candidates = [
    ...SPEAKING.opener.map((key) => ({ hop: opener, key: key as SettingKey })),
    ...(scene.value(opener, "tcpKeepalive") === 1 ? [{ hop: opener, key: "hostTcpKeepaliveMs" as SettingKey }] : []),
    ...SPEAKING.acceptor.map((key) => ({ hop: acceptor, key: key as SettingKey })),
  ];
  return candidates
    .filter(({ key }) => http2 || !/ping|readIdle/i.test(key))
    .flatMap(({ hop, key }) => {
      const ms = scene.value(hop, key);
      return ms === undefined || ms === Number.POSITIVE_INFINITY ? [] : [{ hop, key, ms }];
    })
    .sort((a, b) => a.ms - b.ms)[0];
}
