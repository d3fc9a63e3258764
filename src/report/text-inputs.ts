import type { InputReport } from "../incident/explanation.ts";
import { printable } from "../net/printable.ts";
import { printSpan } from "../net/time.ts";
import { columns, padEnd } from "./lines.ts";
import { heading, labelled, type Page, paragraph } from "./page.ts";
import { count, grouped, instantForPeople } from "./verdict.ts";

/** Captures without problems are listed up to this many; those with problems up to as many again. */
const MOST_INPUTS = 12;
const MOST_UNREAD = 8;

/** What was read, what could not be, and how the clocks differ. */
export function renderInputs(page: Page): string[] {
  const { inputs, totals } = page.explanation;
  const looked = `${count(totals.flows, "flow")}, ${grouped(totals.closely)} looked at closely`;
  const lines = [heading(page, "What was read")];
  const captured = inputs.some((input) => input.packets !== undefined);
  if (captured) {
    const packets = `${count(totals.packets, "packet")}, ${grouped(totals.tcpPackets)} of them TCP`;
    lines.push(...paragraph(page, `${packets}; ${looked}.`));
  }
  if (totals.leftAside > 0) {
    const left = count(totals.leftAside, "suspect flow");
    lines.push(...paragraph(page, `${left} left aside: give fewer or shorter captures to see these too.`));
  }
  if (totals.claimsAside !== undefined) {
    const left = `${count(totals.claimsAside, "claim")} of logs not weighed`;
    lines.push(...paragraph(page, `${left}: give logs of a shorter time to see these too.`));
  }
  const captures = inputs.filter((input) => input.kind !== "unread");
  const more = captures.slice(MOST_INPUTS).filter((input) => input.problems.length > 0);
  const shown = [...captures.slice(0, MOST_INPUTS), ...more.slice(0, MOST_INPUTS)];
  const column = Math.max(0, ...shown.map((input) => columns(printable(page.nameOf(input.file))))) + 2;
  for (const input of shown) lines.push(...renderInput(page, input, column));
  const left = captures.length - shown.length;
  if (left > 0) lines.push(`  and ${count(left, "more file")}`);
  return [
    ...lines,
    ...renderUnread(
      page,
      inputs.filter((input) => input.kind === "unread"),
    ),
  ];
}

function renderInput(page: Page, input: InputReport, column: number): string[] {
  const name = padEnd(printable(page.nameOf(input.file)), column);
  const facts: string[] = [kindOf(input)];
  if (input.entries !== undefined) facts.push(count(input.entries, "line"));
  if (input.packets !== undefined) facts.push(count(input.packets, "packet"));
  if (input.flows !== undefined) facts.push(count(input.flows, "flow"));
  if (input.vantage !== undefined) facts.push(placeOf(input.vantage));
  const indent = column + 2;
  const [line = "", ...rest] = paragraph(page, facts.join(", "), indent);
  const lines = [`  ${name}${line.slice(indent)}`, ...rest];
  if (input.from !== undefined && input.to !== undefined && input.packets !== 0) {
    const length = printSpan(Number(input.to - input.from));
    lines.push(...paragraph(page, `from ${instantForPeople(input.from)} on, ${length}`, indent).map(page.palette.dim));
  }
  if (input.clock !== undefined)
    lines.push(...paragraph(page, clockOf(input.clock, page.nameOf), indent).map(page.palette.dim));
  if (input.assumed !== undefined) lines.push(...paragraph(page, input.assumed, indent).map(page.palette.dim));
  for (const problem of input.problems) {
    const times = problem.count > 1 ? ` (${grouped(problem.count)}×)` : "";
    lines.push(...paragraph(page, `${problem.message}${times}`, indent).map(page.palette.warn));
  }
  return lines;
}

/** What a file is, for a person. */
export function kindOf({ kind, entries }: InputReport): string {
  if (kind === "unread") return "not read";
  if (kind === "keylog") return "TLS secrets, used to decrypt and never told";
  if (entries === undefined) return kind;
  return kind === "messages" ? "log" : `log (${kind})`;
}

/** Files that were not read, those for the same reason together. */
function renderUnread(page: Page, unread: readonly InputReport[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { file, problems } of unread) {
    const reason = problems.map((problem) => problem.message).join("; ");
    reasons.set(reason, [...(reasons.get(reason) ?? []), page.nameOf(file)]);
  }
  return [...reasons].flatMap(([reason, files]) => {
    const left = files.length - MOST_UNREAD;
    const names = [...files.slice(0, MOST_UNREAD), ...(left > 0 ? [count(left, "more file")] : [])];
    return labelled(page, "not read", `${names.join(", ")}: ${reason}`, 10).map(page.palette.warn);
  });
}

/** `taken at the client`, in the words of the glossary. */
export function placeOf(vantage: string): string {
  return vantage === "middle" ? "taken in between" : `taken at the ${vantage}`;
}

/** `clock 1.25 ms ahead of client.pcap, known to ± 40 µs` */
export function clockOf(clock: NonNullable<InputReport["clock"]>, nameOf: (file: string) => string): string {
  const against = nameOf(clock.against);
  const by = clock.matched === undefined ? "" : `, by ${count(clock.matched, "event")} that both tell`;
  const within = `known to ± ${printSpan(clock.uncertainty)}${by}`;
  if (Math.abs(clock.offset) <= clock.uncertainty) return `clock agrees with ${against}, ${within}`;
  const way = clock.offset < 0 ? "ahead of" : "behind";
  return `clock ${printSpan(Math.abs(clock.offset))} ${way} ${against}, ${within}`;
}
