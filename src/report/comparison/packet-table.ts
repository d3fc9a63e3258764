import { type Html, html } from "../html/markup.ts";
import type { Collision, SeenPacket } from "./comparison.ts";

/** Packets as a capture's reader sees them, one a line, each connection in its colour. `omitted` stands for as many packets left out. */
export function packetTable(
  collision: Collision,
  packets: readonly (SeenPacket | { readonly omitted: number; readonly seconds: number })[],
  file: string,
): Html {
  const { client } = collision;
  return html`<div class="wide"><table class="packets"><caption>${file}</caption><thead><tr><th>no.</th><th>seconds</th><th>from</th><th></th><th>to</th><th>flags and numbers</th><th>what it is</th></tr></thead><tbody>
${packets.map((one) => {
  if ("omitted" in one)
    return html`<tr class="omitted"><td></td><td colspan="6">${one.omitted} more packets in ${one.seconds.toFixed(1)} s</td></tr>`;
  const far = one.connection === "older" ? collision.older : collision.newer;
  const [from, to] = one.fromClient ? [client, far] : [far, client];
  const words = meaning(one);
  return html`<tr class="${one.connection}${loud(one) ? " loud" : ""}"><td>${one.packet}</td><td>${one.at.toFixed(6)}</td><td>${from}</td><td class="arrow">→</td><td>${to}</td><td><b>${one.flags}</b> ${numbers(one)}</td><td>${words}</td></tr>`;
})}
</tbody></table></div>`;
}

const numbers = ({ seq, ack, length }: SeenPacket): string =>
  `seq ${seq}${ack === undefined ? "" : ` ack ${ack}`}${length > 0 ? ` len ${length}` : ""}`;

const loud = ({ notes, flags }: SeenPacket): boolean =>
  flags.includes("RST") || notes.some((note) => note !== "again" && note !== "port-reused");

/** What was said in it, and what is notable. */
function meaning(one: SeenPacket): string {
  const said = one.says.slice(0, MOST_SAID).join("; ");
  const noted = one.notes.map((note) => NOTES[note]);
  const own =
    one.flags === "SYN" && one.connection === "newer" && !one.notes.includes("again")
      ? ["the same client port, another balancer node"]
      : [];
  return [...own, ...(said === "" ? [] : [said]), ...noted].join(" · ");
}

const MOST_SAID = 3;

const NOTES: Readonly<Record<SeenPacket["notes"][number], string>> = {
  "syn-on-open": "a SYN on a connection that is open",
  challenge: "challenge ACK, with the other connection's numbers",
  again: "sent again",
  foreign: "numbers of another connection",
  "port-reused": "a port that was used before",
};
