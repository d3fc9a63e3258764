import { ACK, FIN, RST, SYN } from "../../src/net/tcp-flags.ts";
import type { TcpOptions } from "../../src/wire/encode.ts";
import type { TraceEnd } from "./trace-packets.ts";
import type { Attributes } from "./trace-words.ts";

/** What the numbering works out for a segment. */
export interface Numbers {
  readonly seq: number;
  readonly ack: number;
  readonly ipId: number;
  readonly payload: Uint8Array;
  readonly options: TcpOptions;
}

interface Request {
  readonly from: TraceEnd;
  readonly to: TraceEnd;
  readonly flags: number;
  readonly payload: Uint8Array;
  readonly given: Attributes;
  readonly time: number;
}

/** One direction of a connection. */
interface Direction {
  /** Initial sequence number, absolute. */
  readonly initial: number;
  readonly timestampBase: number;
  /** Relative number after the highest byte sent. */
  next: number;
  synSent: boolean;
  spoke: boolean;
  last: { seq: number; payload: Uint8Array } | undefined;
  timestamp: number;
  ipId: number;
}

/** Keeps the numbers of every connection of one section, so that a trace need not write them. */
export class Numbering {
  readonly #connections = new Map<string, Map<string, Direction>>();
  readonly #incarnations = new Map<string, number>();
  readonly #as: (name: string) => string;

  /** `as` gives the name whose numbers an end uses. */
  constructor(as: (name: string) => string) {
    this.#as = as;
  }

  /** Numbers for the next segment; remembers what it used up. */
  next({ from, to, flags, payload, given, time }: Request): Numbers {
    const [sender, receiver] = roles(from, to, given.text("in"));
    const pair = [sender, receiver].sort().join(" ");
    if (given.has("new")) this.#incarnations.set(pair, (this.#incarnations.get(pair) ?? 0) + 1);
    const connection = this.#connection(pair, sender, receiver);
    const mine = connection.get(sender) as Direction;
    const theirs = connection.get(receiver) as Direction;

    const again = given.has("repeat") ? mine.last : undefined;
    if (given.has("repeat") && again === undefined) throw new Error("nothing to repeat");
    const bytes = again !== undefined && payload.length === 0 ? again.payload : payload;
    const toSyn = (flags & RST) !== 0 && !mine.spoke && theirs.synSent;
    const usual = again !== undefined ? again.seq : (flags & SYN) !== 0 ? 0 : mine.next;
    const seq = toSyn && given.text("seq") === undefined ? 0 : absolute(given.text("seq"), usual, mine);
    const ack =
      (flags & ACK) === 0 && given.text("ack") === undefined ? 0 : absolute(given.text("ack"), theirs.next, theirs);

    const relative = (seq - mine.initial) | 0;
    const used = bytes.length + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    if (used > 0) {
      mine.next = Math.max(mine.next, relative + used);
      mine.last = { seq: relative, payload: bytes };
    }
    if ((flags & SYN) !== 0) mine.synSent = true;
    mine.spoke = true;
    const counted = (flags & RST) === 0 && (flags & (SYN | ACK)) !== (SYN | ACK);
    if (counted) mine.ipId = (mine.ipId + 1) & 0xffff;
    const ipId = given.number("ipid") ?? (counted ? mine.ipId : 0);
    return { seq, ack, ipId, payload: bytes, options: optionsOf(given, flags, mine, theirs, time) };
  }

  #connection(pair: string, sender: string, receiver: string): Map<string, Direction> {
    const incarnation = this.#incarnations.get(pair) ?? 0;
    const key = `${pair} ${incarnation}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const [one, other] = [this.#as(sender), this.#as(receiver)];
    const made = new Map([
      [sender, direction(`${one}>${other}#${incarnation}`)],
      [receiver, direction(`${other}>${one}#${incarnation}`)],
    ]);
    this.#connections.set(key, made);
    return made;
  }
}

/** The names whose numbers are used: the packet's own ends, or those of `in=a>b`. */
function roles(from: TraceEnd, to: TraceEnd, other: string | undefined): [string, string] {
  if (other === undefined) return [from.name, to.name];
  const [sender, receiver] = other.split(">");
  if (sender === undefined || receiver === undefined) throw new Error("in= wants a>b");
  return [sender, receiver];
}

function direction(name: string): Direction {
  const hash = hashOf(name);
  return {
    initial: hash,
    timestampBase: hashOf(`${name} timestamps`) >>> 1,
    next: 1,
    synSent: false,
    spoke: false,
    last: undefined,
    timestamp: 0,
    ipId: hashOf(`${name} ids`) & 0xffff,
  };
}

/** FNV-1a with a final mix: the same name gives the same number in every section. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function absolute(given: string | undefined, usual: number, side: Direction): number {
  if (given === undefined) return (side.initial + usual) >>> 0;
  const match = /^(?:raw:(\d+)|next([+-]\d+)?|(-?\d+))$/.exec(given);
  if (match === null) throw new Error(`not a number: ${given}`);
  if (match[1] !== undefined) return Number(match[1]) >>> 0;
  return (side.initial + (match[3] !== undefined ? Number(match[3]) : side.next + Number(match[2] ?? 0))) >>> 0;
}

/** The options of a segment: all four on a SYN, a timestamp on the rest, none on a RST, unless the line says otherwise. */
function optionsOf(given: Attributes, flags: number, mine: Direction, theirs: Direction, time: number): TcpOptions {
  const usual = (flags & SYN) !== 0 ? "mss:1460,sack,ts,ws:7" : (flags & RST) !== 0 ? "none" : "ts";
  const stamp = given.text("ts");
  const options: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = {};
  for (const word of (given.text("opt") ?? usual).split(",")) {
    const [name, value] = word.split(":");
    if (name === "none") continue;
    if (name === "mss") options.mss = Number(value);
    else if (name === "sack" && value !== undefined) options.sack = [blockOf(value, theirs)];
    else if (name === "sack") options.sackPermitted = true;
    else if (name === "ws") options.windowScale = Number(value);
    else if (name === "ts") options.timestamp = timestamps(stamp, mine, theirs, time);
    else throw new Error(`unknown option ${word}`);
  }
  return options;
}

/** `1449-2149`: a block of the other side's bytes (RFC 2018 §3), by its relative numbers. */
function blockOf(text: string, theirs: Direction): readonly [number, number] {
  const [left = 0, right = 0] = text.split("-").map((n) => (theirs.initial + Number(n)) >>> 0);
  return [left, right];
}

function timestamps(
  stamp: string | undefined,
  mine: Direction,
  theirs: Direction,
  time: number,
): { readonly value: number; readonly echo: number } {
  const [value = 0, echo = 0] =
    stamp === undefined
      ? [(mine.timestampBase + Math.floor(time / 1e6)) >>> 0, theirs.timestamp]
      : stamp.split("/").map(Number);
  mine.timestamp = value;
  return { value, echo };
}
