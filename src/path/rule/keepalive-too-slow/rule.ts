import { printMs } from "../../../net/duration.ts";
import { type Demand, fitOf, type Option } from "../../demand.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import {
  closingOptions,
  type Forgetter,
  forgettersOn,
  isHeard,
  roomyMs,
  type Silence,
  type Speaker,
  speakerOn,
  speakingOptions,
} from "../forgetting.ts";
import { neverIdle } from "../never-idle.ts";

export const rule: Rule = {
  id: "keepalive-too-slow",
  title: "A keepalive or PING comes later than the box on the way forgets the connection",
  level: "error",
  causes: ["silent-idle-drop"],
  references: [
    "RFC 9293 §3.8.4 (keepalives; the interval defaults to two hours at least)",
    "https://docs.kernel.org/networking/ip-sysctl.html (tcp_keepalive_time)",
  ],
  demands: (scene) =>
    scene.segments.flatMap((segment) =>
      forgettersOn(scene, segment).flatMap((forgetter) => demandsOf(scene, segment, forgetter)),
    ),
};

/** What each kind of silence asks for. One keepalive that is too slow for both is one demand. */
function demandsOf(scene: Scene, segment: Segment, forgetter: Forgetter): readonly Demand[] {
  const asks = SILENCES.flatMap((silence) => {
    if (silence === "open" && isHeard(scene, forgetter)) return [];
    const speaker = occurs(scene, segment, silence) ? speakerOn(scene, segment, silence) : undefined;
    if (speaker === undefined) return [];
    const options = [
      ...speakingOptions(scene, segment, forgetter, silence === "open"),
      ...(silence === "open" ? [] : closingOptions(scene, segment, forgetter)),
    ];
    return [{ silence, speaker, options, broken: fitOf({ anyOf: options }, scene.look) === "broken" }];
  });
  const [open, idle] = asks;
  if (open === undefined || idle === undefined) {
    return asks.map(({ silence, speaker, options }) =>
      demandOf(scene, segment, forgetter, { silence, speaker, options }),
    );
  }
  const one = open.broken && idle.broken && open.speaker.key === idle.speaker.key && !isMuted(idle.speaker, forgetter);
  if (!one) return asks.map((ask) => demandOf(scene, segment, forgetter, ask));
  return [demandOf(scene, segment, forgetter, { ...open, options: bothOf(open.options, idle.options) })];
}

const SILENCES: readonly Silence[] = ["open", "idle"];

const occurs = (scene: Scene, segment: Segment, silence: Silence): boolean =>
  silence === "open"
    ? segment.carries.some((traffic) => traffic !== "http")
    : segment.carries.includes("http") && !neverIdle(scene, segment);

/** Fast enough, were it not for the lack of open streams. */
const isMuted = ({ mute, ms }: Speaker, { limitMs }: Forgetter): boolean => mute && ms < limitMs;

/** Options that meet two demands: those of both, and each pair of the others. */
function bothOf(some: readonly Option[], others: readonly Option[]): readonly Option[] {
  const print = (option: Option): string => JSON.stringify(option);
  const [mine, theirs] = [new Set(some.map(print)), new Set(others.map(print))];
  const [onlyMine, onlyTheirs] = [some.filter((o) => !theirs.has(print(o))), others.filter((o) => !mine.has(print(o)))];
  return [
    ...some.filter((option) => theirs.has(print(option))),
    ...onlyMine.flatMap((a) =>
      onlyTheirs.map((b) => [...new Map([...a, ...b].map((i) => [JSON.stringify(i), i])).values()]),
    ),
  ];
}

interface Ask {
  readonly silence: Silence;
  readonly speaker: Speaker;
  readonly options: readonly Option[];
}

function demandOf(scene: Scene, segment: Segment, forgetter: Forgetter, { silence, speaker, options }: Ask): Demand {
  const box = forgetter.hop.id;
  const limit = printMs(forgetter.limitMs);
  const muted = isMuted(speaker, forgetter);
  const how = `${speaker.key.replace(/Ms$/, "")}`;
  return {
    rule: rule.id,
    level: "error",
    branch: segment.branch,
    hops: [...new Set([segment.opener.id, box, segment.acceptor.id])],
    anyOf: options,
    settings: [
      { hop: speaker.hop.id, key: muted ? "pingsWithoutStreams" : speaker.key },
      { hop: box, key: forgetter.key },
    ],
    says: muted
      ? `${speaker.hop.id} sends a PING every ${printMs(speaker.ms)} (${how}) only while a call is open (pingsWithoutStreams is off); on a connection that is kept without calls nobody speaks in time, and ${box} has forgotten it after ${limit}.`
      : `${speaker.hop.id} speaks on ${silence === "open" ? "a silent connection" : "an idle connection"} after ${printMs(speaker.ms)} (${how}), and ${box} has forgotten it after ${limit}.`,
    remedy: `Speak more often than every ${limit}${muted ? " without open calls too, or close idle connections sooner" : ""}. ${printMs(roomyMs(scene, forgetter))} or less leaves room for a lost TCP keepalive; a lost PING is repeated by TCP.`,
  };
}
