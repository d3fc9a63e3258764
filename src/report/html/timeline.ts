import type { Incident, InputReport, Track, TrackMark } from "../../incident/explanation.ts";
import { type Instant, printSpan } from "../../net/time.ts";
import { clockOf, placeOf } from "../text-inputs.ts";
import { count, instantForPeople } from "../verdict.ts";
import { type Html, html } from "./markup.ts";
import type { Proof, Step } from "./proof.ts";
import { seconds } from "./proof.ts";
import { chip, keyOf, roleOf, type Sheet } from "./sheet.ts";
import { type TimeScale, timeScale } from "./time-scale.ts";

/** Lanes of captures that saw none of the connections. */
const MOST_IDLE_LANES = 6;
/** A story shorter than this part of its picture gets a second picture of its own. */
const SMALL = 0.05;

/** Every capture on one clock: a lane for each, in it a bar for each connection from its first packet to its last. */
export function timeline(sheet: Sheet, incident: Incident, proof: Proof): Html | undefined {
  const dated = sheet.explanation.inputs.filter((input) => input.from !== undefined && input.packets !== 0);
  const captures = dated.filter((input) => input.packets !== undefined);
  const logs = dated.filter((input) => input.packets === undefined);
  const tracks = (incident.timeline ?? []).map((track) => onClock(track, captures));
  const effects = incident.effects ?? [];
  const instants = [
    ...tracks.flatMap((t) => [t.from, t.to]),
    ...proof.steps.map((s) => s.at),
    ...effects.map(({ evidence }) => evidence.at),
  ];
  if (instants.length === 0) return undefined;
  const whole = stretch(least(instants), most(instants), 0.015);
  const story = stretch(least(proof.steps.map((s) => s.at)), most(proof.steps.map((s) => s.at)), 0.1);
  const small = proof.steps.length > 1 && Number(story.to - story.from) < SMALL * Number(whole.to - whole.from);
  const picture = (from: Instant, to: Instant): Picture => ({
    sheet,
    incident,
    proof,
    tracks,
    captures,
    logs,
    scale: timeScale(from, to, proof.zero),
  });
  return html`
<p class="aside">${clockSentence(sheet, captures)} Zero is ${instantForPeople(proof.zero)}, the first step of the proof below.</p>
${lanes(picture(whole.from, whole.to))}
${small && html`<h4>The same, closer: ${printSpan(Number(story.to - story.from))} around the proof</h4>${lanes(picture(story.from, story.to))}`}
${key()}`;
}

interface Picture {
  readonly sheet: Sheet;
  readonly incident: Incident;
  readonly proof: Proof;
  readonly tracks: readonly Track[];
  readonly captures: readonly InputReport[];
  readonly logs: readonly InputReport[];
  readonly scale: TimeScale;
}

/** Pixels: the middle of a bar, half its height, the top of the numbered packets below it, and all of a row. */
const MIDDLE = 18;
const HALF = 4;
const NUMBERS = 29;
const ROW = 48;
/** Percent of the width within which marks, and numbers, are drawn as one. */
const MARKS_APART = 1.4;
const NUMBERS_APART = 3.2;
/** Percent from which on there is room to write how long a silence lasted. */
const ROOM_TO_WRITE = 13;

/** A track with its times on the first capture's clock. */
function onClock(track: Track, captures: readonly InputReport[]): Track {
  const shift = shiftOf(captures.find((input) => input.file === track.file));
  return {
    ...track,
    from: track.from + shift,
    to: track.to + shift,
    ...(track.lostAt === undefined ? {} : { lostAt: track.lostAt + shift }),
    marks: track.marks.map((mark) => ({ ...mark, at: mark.at + shift })),
    silences: track.silences.map(({ from, to }) => ({ from: from + shift, to: to + shift })),
  };
}

/** What to add to a capture's times to get the first one's. A log's are on that clock already. */
function shiftOf(input: InputReport | undefined): bigint {
  if (input?.packets === undefined) return 0n;
  return BigInt(Math.round(input?.clock?.offset ?? 0));
}

function clockSentence(sheet: Sheet, captures: readonly InputReport[]): string {
  const [first] = captures;
  if (first === undefined) return "All times are as the logs state them, in UTC.";
  if (captures.length < 2) return `All times are those of ${sheet.nameOf(first.file)}.`;
  const unrelated = captures.slice(1).filter((input) => input.clock === undefined).length;
  const but = unrelated > 0 ? `, but for ${count(unrelated, "capture")} with no packet in common with it` : "";
  return `All times are on the clock of ${sheet.nameOf(first.file)}${but}.`;
}

function lanes(picture: Picture): Html {
  const { captures, tracks } = picture;
  const saw = captures.filter((input) => tracks.some((track) => track.file === input.file));
  const idle = captures.filter((input) => !saw.includes(input));
  const left = idle.length - MOST_IDLE_LANES;
  return html`<figure class="timeline" role="group" aria-label="What each capture saw, by time">${axis(picture)}${saw.map((input) => lane(picture, input))}${idle.slice(0, MOST_IDLE_LANES).map((input) => lane(picture, input))}${left > 0 && html`<p class="more">And ${count(left, "capture")} that saw none of these connections.</p>`}${picture.logs.map((input) => logLane(picture, input))}</figure>`;
}

/** A log: how far it reaches, what of it is evidence by its number, and what followed. */
function logLane(picture: Picture, input: InputReport): Html | undefined {
  const { sheet, incident, proof, scale } = picture;
  const steps = proof.steps.filter((step) => step.item.file === input.file);
  const effects = (incident.effects ?? [])
    .map((effect, i) => ({ ...effect, id: `${keyOf(incident)}-effect-${i + 1}` }))
    .filter(({ evidence }) => evidence.file === input.file && evidence.at >= scale.from && evidence.at <= scale.to);
  if (steps.length === 0 && effects.length === 0) return undefined;
  const marks = clusters(effects, ({ evidence }) => scale.at(evidence.at), MARKS_APART).map((cluster) => {
    const [first] = cluster;
    const title = cluster
      .slice(0, 6)
      .map((e) => `${e.symptom}, line ${e.evidence.line}, ${seconds(proof, e.evidence.at)} s`);
    return html`<a href="#${first?.id}"><svg class="mark effect" x="${scale.at(first?.evidence.at ?? scale.from)}%" y="${MIDDLE}" overflow="visible"><title>${title.join("; ")}</title><path d="${EFFECT}"/></svg></a>`;
  });
  const names = [...new Set(effects.map(({ symptom }) => symptom))].join(", ");
  return html`
<section class="lane log"><header>${chip(sheet, input.file)} <span>log${input.clock !== undefined && ` · ${clockOf(input.clock, sheet.nameOf)}`}</span></header>
<div class="track"><p>${names === "" ? "evidence" : names}</p>
<svg class="bar" width="100%" height="${ROW}" role="img" aria-label="${names === "" ? "evidence" : names}">${grid(picture, NUMBERS)}${extent(picture, input, NUMBERS - 3)}${marks}${pills(scale, steps)}</svg></div></section>`;
}

/** A symptom in a log. */
const EFFECT = "M0,-5.5 L5.5,0 L0,5.5 L-5.5,0 z";

function axis({ scale }: Picture): Html {
  const labels = scale.ticks.map(({ at, label }) => {
    const anchor = at < 4 ? "start" : at > 96 ? "end" : "middle";
    return html`<text x="${at}%" y="12" text-anchor="${anchor}">${label}</text>`;
  });
  return html`<svg class="axis" width="100%" height="18" aria-hidden="true">${labels}</svg>`;
}

function lane(picture: Picture, input: InputReport): Html {
  const { sheet, tracks } = picture;
  const mine = tracks.filter((track) => track.file === input.file);
  const facts = [
    input.vantage === undefined ? "where it was taken is not known" : placeOf(input.vantage),
    ...(input.clock === undefined ? [] : [clockOf(input.clock, sheet.nameOf)]),
  ];
  return html`
<section class="lane ${roleOf(sheet.explanation.inputs, input.file)}"><header>${chip(sheet, input.file)} <span>${facts.join(" · ")}</span></header>
${mine.length > 0 ? mine.map((track) => row(picture, input, track)) : html`<p class="none">saw none of these connections</p><svg class="bar" width="100%" height="12" aria-hidden="true">${grid(picture, 12)}${extent(picture, input, 12)}</svg>`}</section>`;
}

const STATES: Readonly<Record<Track["state"], string>> = {
  unanswered: "never answered",
  refused: "refused",
  opening: "never quite opened",
  open: "open to the end",
  "half-closed": "closed by one side",
  closed: "closed by both sides",
  reset: "reset",
  partial: "seen from the middle on",
  quoted: "known from an ICMP error only",
};

function row(picture: Picture, input: InputReport, track: Track): Html {
  return html`
<div class="track"><p>${track.client} → ${track.server} <span>tcp.stream ${track.stream} · ${count(track.packets, "packet")} · ${STATES[track.state]}</span></p>
<svg class="bar" width="100%" height="${ROW}" role="img" aria-label="${spoken(picture, track)}">${grid(picture, NUMBERS)}${extent(picture, input, NUMBERS - 3)}${pieces(picture, input, track)}${marks(picture, track)}${numbers(picture, track)}</svg></div>`;
}

function spoken({ proof }: Picture, track: Track): string {
  const found = track.marks.slice(0, 8).map((mark) => `${mark.kind} at ${seconds(proof, mark.at)} s`);
  return [`from ${seconds(proof, track.from)} s to ${seconds(proof, track.to)} s`, ...found].join(", ");
}

function grid({ scale }: Picture, height: number): Html[] {
  return scale.ticks.map(({ at }) => html`<line class="tick" x1="${at}%" x2="${at}%" y1="0" y2="${height}"/>`);
}

/** How far the capture itself reaches. */
function extent({ scale }: Picture, input: InputReport, height: number): Html | undefined {
  if (input.from === undefined || input.to === undefined) return undefined;
  const shift = shiftOf(input);
  return bar(scale, { from: input.from + shift, to: input.to + shift, y: 4, height: height - 4, kind: "extent" });
}

/** A thin line where no packets went, the stretch after the loss, and bars where packets went. */
function pieces(picture: Picture, input: InputReport, track: Track): Html {
  const { scale } = picture;
  const silences = [...track.silences].sort((a, b) => (a.from < b.from ? -1 : 1));
  const quiet: Html[] = [];
  const busy: Html[] = [];
  let from = track.from;
  for (const silence of silences) {
    const x = scale.at(silence.from);
    const width = scale.at(silence.to) - x;
    // Too short to be seen as a gap.
    if (width < 1) continue;
    quiet.push(html`<line class="silence" x1="${x}%" x2="${scale.at(silence.to)}%" y1="${MIDDLE}" y2="${MIDDLE}"/>`);
    if (width >= ROOM_TO_WRITE) quiet.push(silent(x + width / 2, Number(silence.to - silence.from)));
    busy.push(bar(scale, { from, to: silence.from, y: MIDDLE - HALF, height: 2 * HALF, kind: "busy" }));
    from = silence.to;
  }
  busy.push(bar(scale, { from, to: track.to, y: MIDDLE - HALF, height: 2 * HALF, kind: "busy" }));
  return html`${quiet}${lost(picture, input, track)}${busy}`;
}

function silent(at: number, length: number): Html {
  return html`<text class="silent" x="${at}%" y="${MIDDLE - 7}" text-anchor="middle">${printSpan(length)} silent</text>`;
}

interface Bar {
  readonly from: Instant;
  readonly to: Instant;
  readonly y: number;
  readonly height: number;
  readonly kind: "busy" | "extent" | "lost";
}

function bar(scale: TimeScale, { from, to, y, height, kind }: Bar): Html {
  const x = scale.at(from);
  const width = Math.max(0.25, scale.at(to) - x);
  return html`<rect class="${kind}" x="${x}%" y="${y}" width="${width.toFixed(3)}%" height="${height}"/>`;
}

/** From the loss on, until nobody speaks of the connection any more; nothing where the capture had ended by then. */
function lost({ scale }: Picture, input: InputReport, track: Track): Html | undefined {
  const { lostAt, to } = track;
  if (lostAt === undefined || lostAt < scale.from || lostAt > scale.to) return undefined;
  if (input.to === undefined || input.to + shiftOf(input) < lostAt) return undefined;
  const x = scale.at(lostAt);
  const after = to > lostAt && bar(scale, { from: lostAt, to, y: MIDDLE - HALF, height: 2 * HALF, kind: "lost" });
  return html`${after}<line class="loss" x1="${x}%" x2="${x}%" y1="2" y2="${NUMBERS - 3}"/>`;
}

const SHAPES: Readonly<Record<TrackMark["kind"], string>> = {
  SYN: "M-3.5,-5 L4.5,0 L-3.5,5 z",
  "SYN-ACK": "M-3.5,-5 L4.5,0 L-3.5,5 z",
  FIN: "M-4,-4 h8 v8 h-8 z",
  RST: "M-4.5,-4.5 L4.5,4.5 M4.5,-4.5 L-4.5,4.5",
};

/** What opened and what ended: marks too near to each other stand side by side, each kind once. */
function marks({ scale, proof }: Picture, track: Track): Html[] {
  const visible = track.marks.filter((mark) => mark.at >= scale.from && mark.at <= scale.to && mark.kind !== "SYN-ACK");
  return clusters(visible, (mark) => scale.at(mark.at), MARKS_APART).flatMap((cluster) => {
    const kinds = [...new Set(cluster.map((mark) => mark.kind))];
    const at = scale.at(cluster[0]?.at ?? scale.from);
    return kinds.map((kind, i) => {
      // Side by side towards the inside of the picture.
      const aside = 11 * (at > 94 ? i + 1 - kinds.length : i);
      const same = cluster.filter((mark) => mark.kind === kind).slice(0, 6);
      const title = same.map(
        (m) => `${kind} from the ${m.fromClient ? "client" : "server"}, packet ${m.packet}, ${seconds(proof, m.at)} s`,
      );
      return html`<svg class="mark ${kind.toLowerCase()}" x="${at}%" y="${MIDDLE}" overflow="visible"><g transform="translate(${aside} 0)"><title>${title.join("; ")}</title><path d="${SHAPES[kind]}"/></g></svg>`;
    });
  });
}

/** The packets of the proof that this capture holds of this connection, by their numbers below. */
function numbers({ scale, proof, tracks }: Picture, track: Track): Html[] {
  const mine = proof.steps.filter((step) => ownerOf(step, tracks) === track);
  return pills(scale, mine);
}

function pills(scale: TimeScale, steps: readonly Step[]): Html[] {
  return clusters(steps, (step) => scale.at(step.at), NUMBERS_APART).map((cluster) => {
    const [first] = cluster;
    const ids = cluster.map((step) => step.number);
    const label = runs(ids);
    const width = 10 + 6.4 * label.length;
    const at = Math.min(99, Math.max(1, scale.at(first?.at ?? scale.from)));
    return html`<a class="pill" href="#${first?.id}" aria-label="step ${label} of the proof"><svg class="number" x="${at}%" y="${NUMBERS}" overflow="visible"><rect x="${-width / 2}" width="${width}" height="16" rx="8"/><text y="11.6" text-anchor="middle">${label}</text></svg></a>`;
  });
}

/** The bar a packet of the proof belongs to; what is no segment belongs to its capture's first. */
function ownerOf({ item }: Step, tracks: readonly Track[]): Track | undefined {
  const there = tracks.filter((track) => track.file === item.file);
  return (
    there.find((track) => track.stream === item.segment?.stream) ?? (item.segment === undefined ? there[0] : undefined)
  );
}

/** `2–6`, `1, 9` */
function runs(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const start = numbers[i] ?? 0;
    while (numbers[i + 1] === (numbers[i] ?? 0) + 1) i++;
    const end = numbers[i] ?? 0;
    parts.push(end === start ? String(start) : end === start + 1 ? `${start}, ${end}` : `${start}–${end}`);
  }
  return parts.join(", ");
}

function clusters<T>(items: readonly T[], at: (item: T) => number, apart: number): T[][] {
  const found: T[][] = [];
  for (const item of items) {
    const latest = found.at(-1);
    const start = latest?.[0];
    if (latest !== undefined && start !== undefined && Math.abs(at(item) - at(start)) < apart) latest.push(item);
    else found.push([item]);
  }
  return found;
}

function stretch(from: Instant, to: Instant, margin: number): { readonly from: Instant; readonly to: Instant } {
  const more = BigInt(Math.ceil(Math.max(1000, Number(to - from) * margin)));
  return { from: from - more, to: to + more };
}

const least = (instants: readonly Instant[]): Instant => instants.reduce((a, b) => (b < a ? b : a), instants[0] ?? 0n);
const most = (instants: readonly Instant[]): Instant => instants.reduce((a, b) => (b > a ? b : a), instants[0] ?? 0n);

function key(): Html {
  const sign = (kind: string, shape: string, word: string): Html =>
    html`<span><svg class="glyph" width="14" height="14" aria-hidden="true"><g class="mark ${kind}" transform="translate(7 7)"><path d="${shape}"/></g></svg> ${word}</span>`;
  return html`<p class="key">${sign("syn", SHAPES.SYN, "SYN")}${sign("fin", SHAPES.FIN, "FIN")}${sign("rst", SHAPES.RST, "RST")}${sign("effect", EFFECT, "symptom in a log")}<span><svg class="glyph" width="26" height="14" aria-hidden="true"><line class="silence" x1="0" x2="26" y1="7" y2="7"/></svg> silence</span><span><svg class="glyph" width="26" height="14" aria-hidden="true"><rect class="lost" y="3" width="26" height="8"/></svg> lost</span><span><svg class="glyph" width="26" height="14" aria-hidden="true"><rect class="extent" y="1" width="26" height="12"/></svg> captured</span></p>`;
}
