import type { TableEntry } from "../../incident/explanation.ts";
import { connectionTables } from "../html/connection-tables.ts";
import { type Html, html } from "../html/markup.ts";
import type { Sheet } from "../html/sheet.ts";
import { shortNames, withShortNames } from "../short-names.ts";
import { collisionCaptions } from "./collision-captions.ts";
import { type CollisionReading, readCollision } from "./collision-reading.ts";
import type { Collision, ComparedRun, SeenPacket } from "./comparison.ts";
import { incidentOfCollision } from "./incident-of-collision.ts";
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
  const reading = collision === undefined ? undefined : readCollision(collision);
  const all: readonly (Html | undefined)[] = [
    plotted(1, still, "connections", told),
    plotted(2, still, "requests", () => "The requests that came with them."),
    plotted(3, base, "connections", told),
    plotted(4, base, "requests", () => "The requests that came with them."),
    drawn(
      5,
      vanilla,
      (run) =>
        `Without a balancer: clients connect to the servers themselves. ${met(run)}, and the logs tell of ${amount(run.lostInLogs, "loss", "losses")}.`,
    ),
    drawn(
      6,
      base,
      (run) =>
        `With it: one address for each balancer node. ${met(run)}${reading === undefined ? "" : ": a port that is used towards two nodes can come to one server twice"}.`,
    ),
    ...(collision === undefined || reading === undefined ? [] : ofCollision(collision, reading, base)),
  ];
  const drawnOnes = all.filter((one) => one !== undefined);
  return drawnOnes.length === 0
    ? undefined
    : html`<section class="part"><h3>The story in figures</h3><p class="aside">In the order of the published account; packets are those of the run <em>base</em>, seconds count from its start${reading === undefined && html`. No collision of it was captured whole, so that figures 7 to 13 are missing`}.</p>${drawnOnes}</section>`;
}

const amount = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const told = ({ toldToGo }: ComparedRun): string =>
  `Connections by server, over time; ${amount(toldToGo, "was", "were")} told to go away.`;

const met = ({ challenged }: ComparedRun): string => `${amount(challenged, "SYN", "SYNs")} came to an open connection`;

function plotted(
  n: number,
  run: ComparedRun | undefined,
  what: "connections" | "requests",
  says: (run: ComparedRun) => string,
): Html | undefined {
  const plot = run === undefined ? undefined : serverPlot(run.servers, what);
  return run === undefined || plot === undefined ? undefined : figure(n, `${says(run)} (Run ${run.name}.)`, plot);
}

const drawn = (n: number, run: ComparedRun | undefined, says: (run: ComparedRun) => string): Html | undefined =>
  run?.layout === undefined ? undefined : figure(n, says(run), layoutDrawing(run.layout));

const figure = (n: number, says: string, content: Html): Html =>
  html`<figure class="numbered" id="figure-${n}"><h4>Figure ${n}</h4><p>${says}</p>${content}</figure>`;

/** Figures 7 to 13: one collision, at the client and at the server. */
function ofCollision(
  collision: Collision,
  reading: CollisionReading,
  base: ComparedRun,
): readonly (Html | undefined)[] {
  const { atClient, atServer, client, server } = collision;
  const { older, newer, heard } = reading;
  const says = collisionCaptions(collision, reading);
  const port = client.slice(client.lastIndexOf(":") + 1);
  const table = (packets: Parameters<typeof packetTable>[1], place: string): Html =>
    packetTable(collision, packets, place);
  const overTime = lanes(collision, reading);
  const moment = atServer.findIndex(({ connection }) => connection === "newer");
  return [
    figure(
      7,
      says.lost,
      table(
        elided(heard === undefined ? older : older.slice(older.indexOf(heard))),
        "the older connection, at the client",
      ),
    ),
    figure(8, says.port, table(newer.slice(0, 6), "the newer connection of that port, at the client")),
    figure(9, says.beginning, table(older.slice(0, 6), "the older connection's beginning, at the client")),
    figure(10, says.overTime, overTime),
    figure(11, says.moment, table(around(atClient), `port ${port}, at the client`)),
    tables(collision, base),
    server === undefined || moment < 0
      ? undefined
      : figure(13, says.atServer, table(around(atServer), `port ${port}, at ${server}`)),
  ];
}

/** The newer connection's handshake, and the two packets before it. */
function around(packets: readonly SeenPacket[]): readonly SeenPacket[] {
  const from = packets.findIndex(({ connection }) => connection === "newer");
  const opened = packets.findIndex(
    (one, i) => i > from && one.connection === "newer" && one.fromClient && one.flags === "ACK",
  );
  return packets.slice(Math.max(0, from - 2), opened < 0 ? from + 8 : opened + 1);
}

/** Figure 12: what both ends believe, before and after: of this collision, or else of one that leads an incident. */
function tables(collision: Collision, base: ComparedRun): Html | undefined {
  const explanation = withShortNames(base.explanation);
  const sheet: Sheet = { explanation, nameOf: shortNames(explanation.inputs.map(({ file }) => file)) };
  const own = incidentOfCollision(collision, explanation.incidents);
  const incident =
    own ??
    explanation.incidents.find(
      ({ cause, tables: moments = [] }) => cause === "backend-tuple-collision" && moments.length > 0,
    );
  const content = incident === undefined ? undefined : connectionTables(sheet, incident);
  if (incident === undefined || content === undefined) return undefined;
  const both = incident.tables?.some(({ client, server }) => held(client) === 2 && held(server) === 1);
  return figure(
    12,
    `The tables of both kernels${own === undefined ? " in a collision of this run" : ""}${both ? ": the client has two connections, the server one socket pair" : ""}.`,
    content,
  );
}

const held = (entries: readonly TableEntry[]): number => entries.filter(({ state }) => state !== "CLOSED").length;

/** The first packets and the last ones, and how many lie between. */
function elided(packets: readonly SeenPacket[]): Parameters<typeof packetTable>[1] {
  if (packets.length <= MOST_LINES) return packets;
  const [head, tail] = [packets.slice(0, MOST_LINES - 4), packets.slice(-4)];
  const between = packets.slice(head.length, -4);
  const seconds = (tail[0]?.at ?? 0) - (head.at(-1)?.at ?? 0);
  return [...head, { omitted: between.length, seconds }, ...tail];
}

const MOST_LINES = 16;
