import type { Flow } from "../flow/flow.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import { instantOf } from "../net/time.ts";
import type { SessionEvent, SessionSummary } from "../session/conversation.ts";
import { cipherSuiteName } from "../session/tls/cipher-suites.ts";
import { versionName } from "../session/tls/names.ts";
import type { Decryption } from "../session/tls/tls-events.ts";
import type { FrameListing } from "./frame-listing.ts";
import { wordsOf } from "./frame-words.ts";
import { padEnd, padStart } from "./lines.ts";
import { type Palette, paletteOf } from "./palette.ts";
import { count, grouped, instantForPeople } from "./verdict.ts";

/** What was said, one line a frame, for people; in pieces. */
export function* renderFramesText(
  listings: Iterable<FrameListing>,
  options: { readonly colour: boolean },
): Generator<string> {
  const palette = paletteOf(options.colour);
  let before = "";
  for (const listing of listings) {
    yield before + summaryOf(listing, palette);
    before = "\n";
    for (const { flow, session } of listing.sessions) yield `${connection(flow, session, palette)}\n`;
    if (listing.events.length > 0) yield `\n${palette.strong(HEADINGS)}\n`;
    for (const { stream, event } of listing.events) yield `${line(listing, stream, event, palette)}\n`;
  }
}

const WIDTHS = { packet: 8, time: 12, stream: 6, what: 13 } as const;

const HEADINGS: string = [
  padStart("packet", WIDTHS.packet),
  padStart("time", WIDTHS.time),
  padStart("stream", WIDTHS.stream),
  " ",
  padEnd("what", WIDTHS.what),
  "says",
].join("  ");

function summaryOf({ file, packets, epoch, sessions, problems }: FrameListing, palette: Palette): string {
  const from = packets > 0 ? `, from ${instantForPeople(epoch)}` : "";
  const told = problems.map(
    ({ message, count: times }) =>
      `${palette.warn(`  ${printable(message)}${times > 1 ? ` (${grouped(times)}×)` : ""}`)}\n`,
  );
  const read = `${count(sessions.length, "connection")} read`;
  return `${palette.strong(printable(file))}: ${count(packets, "packet")}, ${read}${from}\n${told.join("")}`;
}

function connection(flow: Flow, { protocols, tls, missing, problems }: SessionSummary, palette: Palette): string {
  const told = [protocols.join(" > ")];
  if (tls?.version !== undefined) told.push(versionName(tls.version));
  if (tls?.cipherSuite !== undefined) told.push(cipherSuiteName(tls.cipherSuite));
  if (tls?.serverName !== undefined) told.push(printable(tls.serverName));
  if (tls !== undefined && tls.decryption !== "none") told.push(DECRYPTION[tls.decryption]);
  const lost = missing[0] + missing[1];
  if (lost > 0) told.push(palette.warn(`${count(lost, "byte")} not captured`));
  for (const { message, count: times } of problems)
    told.push(palette.warn(`${printable(message)} (${grouped(times)}×)`));
  return `  stream ${flow.stream}: ${printEndpoint(flow.a)} → ${printEndpoint(flow.b)}  ${told.join(", ")}`;
}

const DECRYPTION: Readonly<Record<Decryption, string>> = {
  none: "",
  opened: "decrypted",
  "no-secret": "no secret for it in a key log",
  unsupported: "a cipher suite that is not decrypted",
  "wrong-secret": "the key log's secret does not open it",
  "no-hello": "its handshake was not captured",
};

function line({ epoch }: FrameListing, stream: number, event: SessionEvent, palette: Palette): string {
  const { what, says } = wordsOf(event);
  return [
    padStart(String(event.packet), WIDTHS.packet),
    padStart(instantForPeople(instantOf(epoch, event.time)).slice(11, 23), WIDTHS.time),
    padStart(String(stream), WIDTHS.stream),
    event.direction === 0 ? "→" : "←",
    styleOf(event, palette)(padEnd(what, WIDTHS.what)),
    says,
  ]
    .join("  ")
    .trimEnd();
}

function styleOf(event: SessionEvent, palette: Palette): (text: string) => string {
  if (event.kind === "tls-alert") return event.level === "fatal" ? palette.bad : palette.dim;
  if (event.kind !== "http2-frame") return (text) => text;
  if (event.body.kind === "goaway") return event.body.errorCode === 0 ? palette.warn : palette.bad;
  if (event.body.kind === "rst-stream" || event.body.kind === "malformed") return palette.bad;
  return (text) => text;
}
