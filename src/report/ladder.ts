import type { EvidenceReport, InputReport, PacketReport } from "../incident/explanation.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import { printSpan } from "../net/time.ts";
import { columns, padEnd, padStart, wrap } from "./lines.ts";
import type { Palette } from "./palette.ts";
import { referenceOf } from "./reference.ts";

/** What the ladder is drawn with. */
export interface LadderOptions {
  readonly width: number;
  readonly palette: Palette;
  /** For the clocks: evidence of several captures is drawn on one. */
  readonly inputs: readonly InputReport[];
  /** What a file is called in a packet's number. */
  readonly nameOf: (file: string) => string;
}

/**
 * Draws evidence as a ladder: a lifeline for each end, an arrow for each packet, below it what the
 * packet shows. Ends that do not fit are drawn together as client and server.
 */
export function drawLadder(evidence: readonly EvidenceReport[], options: LadderOptions): string[] {
  const room = options.width - TIME - 2;
  const lifelines = placeLifelines(evidence, room);
  const step = lifelines.length > 1 ? Math.floor((room - 1) / (lifelines.length - 1)) : 0;
  const { palette, nameOf } = options;
  const frame: Frame = {
    lifelines,
    step,
    room: lifelines.length > 1 ? step * (lifelines.length - 1) + 1 : room,
    palette,
    nameOf,
  };
  const start = evidence[0] === undefined ? 0n : onOneClock(evidence[0], options.inputs);
  const timed = evidence.map((item) => ({ item, time: Number(onOneClock(item, options.inputs) - start) }));
  return [
    ...heads(frame),
    ...timed.flatMap((rung, i) => [...between(frame, timed[i - 1], rung), ...draw(frame, rung)]),
  ];
}

/** Columns for the time, right-aligned: up to 99999.999999 seconds. */
const TIME = 12;
/** From this long on, the time between two packets is written between them: nanoseconds. */
const PAUSE = 1e9;
/** The narrowest gap between two lifelines that still holds an arrow with its flags. */
const NARROWEST = 20;

type Segment = NonNullable<PacketReport["segment"]>;

interface Lifeline {
  readonly keys: ReadonlySet<string>;
  readonly title: string;
  readonly name: string;
}

interface Rung {
  readonly item: EvidenceReport;
  /** Nanoseconds since the first packet, on the first vantage point's clock. */
  readonly time: number;
}

interface Frame {
  readonly lifelines: readonly Lifeline[];
  readonly step: number;
  readonly room: number;
  readonly palette: Palette;
  readonly nameOf: (file: string) => string;
}

/** The instant on the clock of the first vantage point. Lines of logs are on it already. */
export function onOneClock(item: EvidenceReport, inputs: readonly InputReport[]): bigint {
  if (item.packet === undefined) return item.at;
  const clock = inputs.find((input) => input.file === item.file)?.clock;
  return clock === undefined ? item.at : item.at + BigInt(Math.round(clock.offset));
}

function placeLifelines(evidence: readonly EvidenceReport[], room: number): Lifeline[] {
  const clients = new Map<string, string>();
  const servers = new Map<string, string>();
  for (const { segment } of evidence) {
    if (segment === undefined) continue;
    const client = segment.fromClient ? segment.from : segment.to;
    const server = segment.fromClient ? segment.to : segment.from;
    const known = clients.get(`c ${client.address}`);
    const name = printEndpoint(client);
    clients.set(`c ${client.address}`, known === undefined || known === name ? name : client.address);
    servers.set(`s ${printEndpoint(server)}`, printEndpoint(server));
  }
  const one = ([key, name]: [string, string], title: string): Lifeline => ({ keys: new Set([key]), title, name });
  const found = [
    ...[...clients].map((entry) => one(entry, "client")),
    ...[...servers].map((entry) => one(entry, "server")),
  ];
  if (found.length <= 1 + Math.floor((room - 1) / NARROWEST)) return found;
  const together = (ends: Map<string, string>, title: string): Lifeline => ({
    keys: new Set(ends.keys()),
    title: ends.size > 1 ? `${title}s` : title,
    name: ends.size > 1 ? `${ends.size} addresses` : ([...ends.values()][0] ?? ""),
  });
  return [together(clients, "client"), together(servers, "server")];
}

function heads(frame: Frame): string[] {
  const { lifelines, palette } = frame;
  if (lifelines.length === 0) return [];
  const rows = [...spread(frame, (lifeline) => lifeline.title), ...spread(frame, (lifeline) => lifeline.name)];
  return rows.map((row, i) => `${padStart(i === 0 ? "seconds" : "", TIME)}  ${palette.strong(row)}`);
}

/** Writes a text at each lifeline: the first from its line on, the last up to its line, others around theirs; in more rows where one is too narrow. */
function spread(frame: Frame, text: (lifeline: Lifeline) => string): string[] {
  const rows: string[] = [""];
  frame.lifelines.forEach((lifeline, i) => {
    const words = text(lifeline);
    const at = i * frame.step;
    const last = i > 0 && i === frame.lifelines.length - 1;
    const start = Math.max(0, i === 0 ? 0 : last ? at + 1 - columns(words) : at - Math.floor(columns(words) / 2));
    const row = rows.findIndex((line) => line === "" || columns(line) + 2 <= start);
    if (row < 0) rows.push(padEnd("", start) + words);
    else rows[row] = padEnd(rows[row] ?? "", start) + words;
  });
  return rows;
}

/** The row of an arrow: lifelines, and between two of them the packet. */
function arrow(frame: Frame, segment: Segment): string {
  const { palette, step } = frame;
  const row = bars(frame, "│");
  const from = placeOf(frame, segment.from, segment.fromClient);
  const to = placeOf(frame, segment.to, !segment.fromClient);
  if (from === to) return row;
  const left = Math.min(from, to) * step;
  const right = Math.max(from, to) * step;
  const label = ` ${labelOf(segment, right - left - 5).text} `;
  const crossed = row
    .slice(left + 1, right)
    .replaceAll(" ", "─")
    .replaceAll("│", "┼");
  const paint = segment.flags.includes("RST") ? palette.bad : palette.strong;
  const drawn =
    from < to
      ? `─${paint(label)}${crossed.slice(1 + columns(label), -1)}▶`
      : `◀${crossed.slice(1, -1 - columns(label))}${paint(label)}─`;
  return row.slice(0, left + 1) + drawn + row.slice(right);
}

/** The lifelines' row, blank between them. */
function bars(frame: Frame, bar: string): string {
  return frame.lifelines.map(() => bar).join(" ".repeat(Math.max(0, frame.step - 1)));
}

function placeOf(frame: Frame, end: Endpoint, isClient: boolean): number {
  const key = isClient ? `c ${end.address}` : `s ${printEndpoint(end)}`;
  return Math.max(
    0,
    frame.lifelines.findIndex((lifeline) => lifeline.keys.has(key)),
  );
}

interface Label {
  readonly text: string;
  /** Numbers that did not fit on the arrow. */
  readonly rest: string;
}

/** `SYN, ACK seq 0 ack 1`, or as much of it as fits. */
function labelOf(segment: Segment, room: number): Label {
  const { flags, seq, ack, length } = segment;
  const size = length > 0 ? ` len ${length}` : "";
  const numbers = `seq ${seq}${flags.includes("ACK") ? ` ack ${ack}` : ""}`;
  const whole = `${flags} ${numbers}${size}`;
  if (columns(whole) <= room) return { text: whole, rest: "" };
  const short = `${flags}${size}`;
  return { text: columns(short) <= room ? short : flags.slice(0, Math.max(0, room)), rest: `(${numbers}) ` };
}

/** What the packet shows, between the lifelines, after its number. */
function shown(frame: Frame, item: EvidenceReport): string[] {
  const { palette, room } = frame;
  const { segment } = item;
  const reference = `${printable(frame.nameOf(item.file))}${referenceOf(item)}`;
  const rest = segment === undefined ? "" : labelOf(segment, spanOf(frame, segment) - 5).rest;
  const edge = frame.lifelines.length > 0 ? "│" : " ";
  const width = room - 4;
  return wrap(`${reference}\u00a0 ${rest}${printable(item.shows)}`, width).map((line, i) => {
    const head = i === 0 && line.startsWith(reference) ? reference : "";
    return `${edge} ${palette.mark(head)}${padEnd(line.slice(head.length), width - columns(head))} ${edge}`.trimEnd();
  });
}

/** Columns from one lifeline of a packet to the other. */
function spanOf(frame: Frame, { from, to, fromClient }: Segment): number {
  return Math.abs(placeOf(frame, from, fromClient) - placeOf(frame, to, !fromClient)) * frame.step;
}

/** The rows of one packet: its arrow if it is a segment of these connections, and what it shows. */
function draw(frame: Frame, { item, time }: Rung): string[] {
  const rows = item.segment === undefined ? [] : [arrow(frame, item.segment)];
  const left = padStart((time / 1e9).toFixed(6), TIME);
  return [...rows, ...shown(frame, item)].map((row, i) => `${i === 0 ? left : " ".repeat(TIME)}  ${row}`);
}

/** What to know before the next packet: that much time passed, that another capture goes on. */
function between(frame: Frame, previous: Rung | undefined, { item, time }: Rung): string[] {
  if (previous === undefined) return [];
  const remarks: string[] = [];
  if (item.file !== previous.item.file)
    remarks.push(`as ${printable(frame.nameOf(item.file))} ${item.packet === undefined ? "tells" : "saw"} it`);
  if (time - previous.time >= PAUSE) remarks.push(`${printSpan(time - previous.time)} later`);
  // The story is in the order of its causes; on one clock another capture may have seen the next step before.
  if (previous.time > time) remarks.push(`${printSpan(previous.time - time)} earlier`);
  if (remarks.length === 0) return [];
  const row = bars(frame, "┆");
  const text = ` ${remarks.join(", ").slice(0, frame.room - 6)} `;
  return [`${" ".repeat(TIME + 2)}${frame.palette.dim(row.slice(0, 2) + text + row.slice(2 + columns(text)))}`];
}
