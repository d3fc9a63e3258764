import { connectionTables } from "../html/connection-tables.ts";
import { type Html, html } from "../html/markup.ts";
import type { Sheet } from "../html/sheet.ts";
import { shortNames, withShortNames } from "../short-names.ts";
import type { Collision, ComparedRun, SeenPacket } from "./comparison.ts";
import { lanes } from "./lanes.ts";
import { layoutDrawing } from "./layout-drawing.ts";
import { packetTable } from "./packet-table.ts";
import { serverPlot } from "./server-plot.ts";

/**
 * The published account's figures 1 to 13, in its order, drawn from these runs: each says what it shows here. A figure that these runs do not have
 * is left out, and its number with it.
 */
export function figures(rows: readonly ComparedRun[]): Html | undefined {
  const base = rows.find(({ kind }) => kind === "base");
  const vanilla = rows.find(({ kind }) => kind === "vanilla");
  if (base === undefined) return undefined;
  const still = rows.find(({ name }) => name === "chance-low");
  const { collision } = base;
  const all: readonly (Html | undefined)[] = [
    plotted(
      1,
      still,
      "connections",
      "Hardly anybody is told to go away: connections stay with the server on which they landed.",
    ),
    plotted(2, still, "requests", "And so do the requests that come with them."),
    plotted(3, base, "connections", "With GOAWAY now and then, each server's connections come and go, and spread."),
    plotted(4, base, "requests", "The requests follow."),
    drawn(
      5,
      vanilla,
      "Without a balancer: clients connect to the servers themselves. No port can meet itself, and nothing is lost.",
    ),
    drawn(
      6,
      base,
      "With it: one address for each balancer node, and every node sends to every server. A port that is used towards two nodes can come to one server twice.",
    ),
    ...(collision === undefined ? [] : ofCollision(collision, base)),
  ];
  const drawnOnes = all.filter((one) => one !== undefined);
  return drawnOnes.length === 0
    ? undefined
    : html`<section class="part"><h3>The story in figures</h3><p class="aside">In the order of the published account; packets are those of the run <em>base</em>, seconds count from its start${collision === undefined && html`. No collision of it was captured whole, so that figures 7 to 13 are missing`}.</p>${drawnOnes}</section>`;
}

function plotted(
  n: number,
  run: ComparedRun | undefined,
  what: "connections" | "requests",
  says: string,
): Html | undefined {
  const plot = run === undefined ? undefined : serverPlot(run.servers, what);
  return plot === undefined ? undefined : figure(n, `${says} (Run ${run?.name}.)`, plot);
}

const drawn = (n: number, run: ComparedRun | undefined, says: string): Html | undefined =>
  run?.layout === undefined ? undefined : figure(n, says, layoutDrawing(run.layout));

const figure = (n: number, says: string, content: Html): Html =>
  html`<figure class="numbered" id="figure-${n}"><h4>Figure ${n}</h4><p>${says}</p>${content}</figure>`;

/** Figures 7 to 13: one collision, at the client and at the server. */
function ofCollision(collision: Collision, base: ComparedRun): readonly (Html | undefined)[] {
  const { atClient, atServer, client, older, newer, server = "" } = collision;
  const of = (packets: readonly SeenPacket[], connection: SeenPacket["connection"]): readonly SeenPacket[] =>
    packets.filter((one) => one.connection === connection);
  const old = of(atClient, "older");
  const syn = atClient.findIndex(({ connection }) => connection === "newer");
  const at = atClient[syn]?.at ?? 0;
  const heard = old.findLastIndex((one) => !one.fromClient && one.at < at && one.length > 0);
  const port = client.slice(client.lastIndexOf(":") + 1);
  const asked = old.find((one) => one.at > at && one.fromClient);
  const waited = (asked?.at ?? at) - (old[heard]?.at ?? at);
  const word = asked?.says[0]?.split(",")[0] ?? "data";
  const table = (packets: Parameters<typeof packetTable>[1], place: string): Html =>
    packetTable(collision, packets, place);
  const lost = old.slice(Math.max(0, heard));
  const end = lost.at(-1);
  const how = end?.flags.includes("RST") ? "it is answered by a RST" : "its kernel still repeats it, in vain";
  const around = (packets: readonly SeenPacket[]): readonly SeenPacket[] => {
    const from = packets.findIndex(({ connection }) => connection === "newer");
    const opened = packets.findIndex(
      (one, i) => i > from && one.connection === "newer" && one.fromClient && one.flags === "ACK",
    );
    return packets.slice(Math.max(0, from - 2), opened < 0 ? from + 8 : opened + 1);
  };
  return [
    figure(
      7,
      `After ${waited.toFixed(1)} s without a word from ${older} the client speaks (${word.startsWith("PING") ? "PING" : word}). What comes back has numbers that it never heard of, and at ${end?.at.toFixed(1)} s ${how}.`,
      table(elided(lost), "the lost connection, at the client"),
    ),
    figure(
      8,
      `The port of the lost connection, ${port}, opens another one to ${newer} while the first is in use.`,
      table(of(atClient, "newer").slice(0, 6), "the other connection of that port, at the client"),
    ),
    figure(
      9,
      `It was opened to ${older} before, from the same port, in the ordinary way.`,
      table(old.slice(0, 6), "the lost connection's beginning, at the client"),
    ),
    figure(
      10,
      "Both connections of the port over time, the client's packets above the line, the servers' below: the older one falls silent at the very moment at which the newer one is opened.",
      lanes(collision) ?? html``,
    ),
    figure(
      11,
      "That moment, filtered for the port: SYN, a challenge ACK in place of SYN-ACK, the client's RST, the SYN again, and now it is welcome.",
      table(around(atClient), `port ${port}, at the client`),
    ),
    tables(collision, base),
    server === ""
      ? undefined
      : figure(
          13,
          `The same moment at ${server}, to which both came: a SYN in the middle of an open connection.`,
          table(around(atServer), `port ${port}, at ${server}`),
        ),
  ];
}

/** Figure 12: what both ends believe, before and after. */
function tables({ client }: Collision, base: ComparedRun): Html | undefined {
  const explanation = withShortNames(base.explanation);
  const sheet: Sheet = { explanation, nameOf: shortNames(explanation.inputs.map(({ file }) => file)) };
  const told = explanation.incidents.filter(({ tables: moments = [] }) => moments.length > 0);
  const incident = told.find(({ connections }) => connections[0]?.client === client) ?? told[0];
  const content = incident === undefined ? undefined : connectionTables(sheet, incident);
  return content === undefined
    ? undefined
    : figure(
        12,
        "The tables of both kernels: the client holds two connections, the server has one socket pair for both.",
        content,
      );
}

/** The first packets and the last ones, and how many lie between. */
function elided(packets: readonly SeenPacket[]): Parameters<typeof packetTable>[1] {
  if (packets.length <= MOST_LINES) return packets;
  const [head, tail] = [packets.slice(0, MOST_LINES - 4), packets.slice(-4)];
  const between = packets.slice(head.length, -4);
  const seconds = (tail[0]?.at ?? 0) - (head.at(-1)?.at ?? 0);
  return [...head, { omitted: between.length, seconds }, ...tail];
}

const MOST_LINES = 16;
