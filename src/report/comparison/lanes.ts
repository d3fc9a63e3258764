import { type Html, html } from "../html/markup.ts";
import { type CollisionReading, isOwn } from "./collision-reading.ts";
import type { Collision, SeenPacket } from "./comparison.ts";

const WIDTH = 720;
const LEFT = 92;
const RIGHT = 12;
const LANE = 74;

/** Both connections of one port as lanes over time: the client's packets above each line, the server's below, the new SYN across both. */
export function lanes(collision: Collision, reading: CollisionReading): Html {
  const { atClient: all } = collision;
  const { older, sent, came } = reading;
  const syn = reading.syn.at;
  const final = older.at(-1) ?? reading.syn;
  const asked = sent[0]?.at ?? syn;
  // A kernel repeats for minutes: what comes long after the first question is left out.
  const end = Math.max(syn, Math.min(final.at, syn + 4 * Math.max(0.5, asked - syn)));
  const span = Math.max(end - syn, 0.5);
  const heardAt = reading.heard?.at;
  // Where nothing of its own comes any more its line is broken.
  const deaf = !came.some(isOwn);
  // Back to when it was last heard of, and a little further, but the moment itself keeps a fifth of the width.
  const from = Math.max(all[0]?.at ?? 0, syn - span * 4, Math.min(syn - span * 0.3, (heardAt ?? syn) - span * 0.3));
  const to = end + span * 0.12;
  const shown = all.filter(({ at }) => at >= from && at <= to);
  const x = (at: number): number => round(LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT));
  const middle = (connection: SeenPacket["connection"]): number => (connection === "older" ? 46 : 46 + LANE);
  const lane = (connection: SeenPacket["connection"], name: string): Html => {
    const own = shown.filter((one) => one.connection === connection);
    const y = middle(connection);
    const [first, last] = [x(connection === "older" ? from : syn), x(connection === "older" ? end : to)];
    return html`<g class="lane ${connection}"><text x="0" y="${y - 4}" class="lane-name">${connection}</text><text x="0" y="${y + 10}">${name}</text>
<line class="life" x1="${first}" y1="${y}" x2="${connection === "older" && deaf ? x(syn) : last}" y2="${y}"/>
${connection === "older" && deaf && html`<line class="dead" x1="${x(syn)}" y1="${y}" x2="${last}" y2="${y}"/>`}
${own.map((one) => html`<line class="tick${bad(one) ? " bad" : ""}" x1="${x(one.at)}" x2="${x(one.at)}" y1="${y}" y2="${y + (one.fromClient ? -1 : 1) * (one.length > 0 || bad(one) ? 15 : 8)}"/>`)}</g>`;
  };
  const ping = shown.find(
    (one) => one.connection === "older" && one.at > syn && one.says.some((word) => word.startsWith("PING")),
  );
  const moments: readonly (readonly [at: number | undefined, says: string])[] = [
    [heardAt !== undefined && heardAt >= from ? heardAt : undefined, "last heard"],
    [syn, "SYN from the same port"],
    [ping?.at, "PING"],
    [
      end > syn ? end : undefined,
      end < final.at ? "and so on" : final.flags.includes("RST") ? "RST" : "the last of it",
    ],
  ];
  const height = 46 + LANE + 62;
  return html`<svg class="lanes" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="both connections of port ${collision.client} over time">
<line class="meeting" x1="${x(syn)}" x2="${x(syn)}" y1="20" y2="${46 + LANE + 22}"/>
${lane("older", collision.older)}${lane("newer", collision.newer)}
${moments.flatMap(([at, says], i) =>
  at === undefined
    ? []
    : [
        html`<text class="moment" x="${x(at)}" y="${i % 2 === 0 ? 14 : height - 26}" text-anchor="${x(at) > WIDTH - 90 ? "end" : "middle"}">${says}</text><text x="${x(at)}" y="${i % 2 === 0 ? 26 : height - 13}" text-anchor="${x(at) > WIDTH - 90 ? "end" : "middle"}">${at.toFixed(2)} s</text>`,
      ],
)}
</svg>`;
}

const bad = ({ notes, flags }: SeenPacket): boolean =>
  flags.includes("RST") || notes.includes("challenge") || notes.includes("foreign");

const round = (value: number): number => Math.round(value * 10) / 10;
