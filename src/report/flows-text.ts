import type { EventName } from "../flow/events.ts";
import { clientOf, type Flow, serverOf } from "../flow/flow.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import { type Instant, instantOf, printSpan } from "../net/time.ts";
import type { FlowListing } from "./flow-listing.ts";
import { padEnd, padStart } from "./lines.ts";
import { type Palette, paletteOf } from "./palette.ts";
import { count, grouped, instantForPeople } from "./verdict.ts";

/** How a flow table is printed. */
export interface FlowsTextOptions {
  readonly colour: boolean;
  /** Print the totals only. */
  readonly summary: boolean;
}

/**
 * Flows as a table for a terminal, in pieces: a heading a capture, a line a flow. Columns have fixed
 * widths, since the widest entry of a million is not known at the first.
 */
export function* renderFlowsText(listings: Iterable<FlowListing>, options: FlowsTextOptions): Generator<string> {
  const palette = paletteOf(options.colour);
  let before = "";
  for (const listing of listings) {
    yield before + summaryOf(listing, palette);
    before = "\n";
    if (options.summary) continue;
    let shown = 0;
    for (const flow of listing.flows) {
      if (shown === 0) yield `${palette.strong(HEADINGS)}\n`;
      shown++;
      yield `${line(flow, listing.epoch, palette)}\n`;
    }
    if (shown < listing.flowCount) {
      yield palette.dim(`${grouped(shown)} of ${count(listing.flowCount, "flow")} shown\n`);
    }
  }
}

const WIDTHS = { stream: 6, end: 21, packets: 7, bytes: 9, start: 12, duration: 9, state: 11 } as const;

const HEADINGS: string = [
  padStart("stream", WIDTHS.stream),
  padEnd("client", WIDTHS.end),
  padEnd("server", WIDTHS.end),
  padStart("packets", WIDTHS.packets),
  padStart("bytes", WIDTHS.bytes),
  padStart("start", WIDTHS.start),
  padStart("duration", WIDTHS.duration),
  padEnd("state", WIDTHS.state),
  "events",
].join("  ");

function summaryOf(listing: FlowListing, palette: Palette): string {
  const counts = [
    count(listing.packets, "packet"),
    `${grouped(listing.tcpPackets)} TCP`,
    count(listing.flowCount, "flow"),
    count(listing.bytes, "payload byte"),
  ].join(", ");
  const from = listing.packets > 0 ? `, from ${instantForPeople(listing.epoch)}` : "";
  const problems = listing.problems.map(
    ({ message, count: times }) =>
      `${palette.warn(`  ${printable(message)}${times > 1 ? ` (${grouped(times)}×)` : ""}`)}\n`,
  );
  return `${palette.strong(printable(listing.file))}: ${counts}${from}\n${problems.join("")}`;
}

function line(flow: Flow, epoch: Instant, palette: Palette): string {
  const start = instantForPeople(instantOf(epoch, flow.from)).slice(11, 23);
  return [
    padStart(String(flow.stream), WIDTHS.stream),
    padEnd(printEndpoint(clientOf(flow)) + (flow.clientSeen ? "" : "?"), WIDTHS.end),
    padEnd(printEndpoint(serverOf(flow)), WIDTHS.end),
    padStart(grouped(flow.packets[0] + flow.packets[1]), WIDTHS.packets),
    padStart(grouped(flow.bytes[0] + flow.bytes[1]), WIDTHS.bytes),
    padStart(start, WIDTHS.start),
    padStart(printSpan(flow.to - flow.from), WIDTHS.duration),
    styleOf(flow, palette)(padEnd(flow.state, WIDTHS.state)),
    eventsOf(flow),
  ]
    .join("  ")
    .trimEnd();
}

function styleOf(flow: Flow, palette: Palette): (text: string) => string {
  switch (flow.state) {
    case "unanswered":
    case "refused":
    case "reset":
      return palette.bad;
    case "quoted":
    case "half-closed":
    case "opening":
      return palette.warn;
    case "open":
    case "closed":
    case "partial":
      return (text) => text;
  }
}

/** What stands out, most telling first: names of rare events, counts of frequent ones. */
function eventsOf(flow: Flow): string {
  const told = TELLING.filter((name) => flow.events[name] !== undefined).map((name) => {
    const packets = flow.events[name] ?? [];
    return packets.length > 1 ? `${name} ×${grouped(packets.length)}` : `${name} #${packets[0]}`;
  });
  if (flow.rst.length > 0) told.unshift(`rst #${Math.abs(flow.rst[0] ?? 0)}`);
  if (flow.silence.length >= LONG_SILENCE)
    told.push(`silence ${printSpan(flow.silence.length)} before #${flow.silence.packet}`);
  return told.join(", ");
}

/** Worth a word from here on: 5 s, the shortest idle limit in common use. */
const LONG_SILENCE = 5e9;

const TELLING: readonly EventName[] = [
  "icmpError",
  "synOnOpenFlow",
  "challengeAck",
  "foreignAck",
  "rstUnacceptable",
  "dataAfterClose",
  "fingerprintChange",
  "retransmission",
  "fastRetransmission",
  "spuriousRetransmission",
  "outOfOrder",
  "duplicateAck",
  "lostSegment",
  "ackedUnseen",
  "zeroWindow",
  "windowFull",
  "keepalive",
  "portReused",
  "mirrorDuplicate",
];
