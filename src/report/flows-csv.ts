import { clientOf, type Flow, serverOf } from "../flow/flow.ts";
import { printable } from "../net/printable.ts";
import { type Instant, instantOf } from "../net/time.ts";
import type { FlowListing } from "./flow-listing.ts";
import { isoInstant } from "./iso-instant.ts";

const COLUMNS = [
  "file",
  "stream",
  "client",
  "client_port",
  "server",
  "server_port",
  "packets_from_client",
  "packets_from_server",
  "bytes_from_client",
  "bytes_from_server",
  "from",
  "duration_s",
  "first_rtt_s",
  "longest_silence_s",
  "state",
  "events",
];

/** Flows as CSV (RFC 4180) in pieces: a header, then a line a flow. `events` is `name:count` separated by blanks. */
export function* renderFlowsCsv(listings: Iterable<FlowListing>): Generator<string> {
  yield `${COLUMNS.join(",")}\r\n`;
  for (const { file, epoch, flows } of listings) {
    for (const flow of flows) yield `${row(file, epoch, flow).map(field).join(",")}\r\n`;
  }
}

function row(file: string, epoch: Instant, flow: Flow): (string | number)[] {
  const client = clientOf(flow);
  const server = serverOf(flow);
  const [mine, theirs] = flow.client === "a" ? ([0, 1] as const) : ([1, 0] as const);
  return [
    file,
    flow.stream,
    client.address,
    client.port,
    server.address,
    server.port,
    flow.packets[mine],
    flow.packets[theirs],
    flow.bytes[mine],
    flow.bytes[theirs],
    isoInstant(instantOf(epoch, flow.from)),
    seconds(flow.to - flow.from),
    seconds(flow.firstRtt),
    seconds(flow.silence.length),
    flow.state,
    Object.entries(flow.events)
      .map(([name, packets]) => `${name}:${packets.length}`)
      .join(" "),
  ];
}

const seconds = (nanoseconds: number): string => (nanoseconds / 1e9).toFixed(6);

/** A field: quoted where needed, and never one that a spreadsheet takes for a formula. */
function field(value: string | number): string {
  const text = printable(String(value));
  const safe = /^[=+\-@]/.test(text) && typeof value === "string" && !/^-?[\d.]+$/.test(text) ? `./${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
