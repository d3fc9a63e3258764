import { ACK, FIN, PSH, RST, SYN, URG } from "../../src/net/tcp-flags.ts";
import { Numbering } from "./trace-numbering.ts";
import {
  TRACE_LINKS,
  type TraceEnd,
  type TraceIcmp,
  type TraceLink,
  type TraceSection,
  type TraceSegment,
} from "./trace-packets.ts";
import { type Attributes, attributesOf, bytesOf, splitLine } from "./trace-words.ts";

/** Reads the notation (see trace.ts) into complete packets. Pure; throws on a mistake. */
export function parseTrace(text: string): TraceSection[] {
  const parser = new TraceParser();
  text.split(/\r?\n/).forEach((line, index) => {
    try {
      parser.line(line);
    } catch (error) {
      throw new Error(`trace line ${index + 1}: ${(error as Error).message}\n  ${line}`);
    }
  });
  return parser.sections;
}

interface OpenSection extends TraceSection {
  readonly packets: (TraceSegment | TraceIcmp)[];
  readonly clock: number;
  readonly numbers: Numbering;
  readonly ttl: ReadonlyMap<string, number>;
}

class TraceParser {
  readonly sections: OpenSection[] = [];
  readonly #ends = new Map<string, TraceEnd>();
  #time = 0;

  line(line: string): void {
    const words = splitLine(line);
    const first = words[0];
    if (first === undefined || first.startsWith("#")) return;
    if (first === "==") {
      this.#time = 0;
      return this.#section(words[1] ?? "", attributesOf(words.slice(2)));
    }
    if (words[1] === "=") return this.#end(first, words[2] ?? "", attributesOf(words.slice(3)));
    this.#time = first.startsWith("+") ? this.#time + seconds(first.slice(1)) : seconds(first);
    if (words[2] === "ICMP") return this.#icmp(words);
    if (words[2] !== ">") throw new Error("expected `time sender > receiver FLAGS`");
    const [from, to] = [this.#named(words[1]), this.#named(words[3])];
    this.#packets(from, to, words[4] ?? "", attributesOf(words.slice(5)));
  }

  #end(name: string, place: string, given: Attributes): void {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)|([0-9a-fA-F:]+:[0-9a-fA-F:]*))(?::(\d+))?$/.exec(place);
    const address = match?.[1] ?? match?.[2] ?? match?.[3];
    if (address === undefined) throw new Error(`not an address: ${place}`);
    this.#ends.set(name, {
      name,
      address,
      port: match?.[4] === undefined ? -1 : Number(match[4]),
      as: given.text("as") ?? name,
      ttl: given.number("ttl") ?? 64,
      mac: given.text("mac") ?? macOf(name),
    });
    given.finish();
  }

  #section(name: string, given: Attributes): void {
    const link = (given.text("link") ?? "ethernet") as TraceLink;
    if (!TRACE_LINKS.includes(link)) throw new Error(`unknown link type ${link}`);
    const ttl = new Map(
      [...this.#ends.keys()].flatMap((end) => {
        const value = given.number(`${end}.ttl`);
        return value === undefined ? [] : [[end, value] as const];
      }),
    );
    this.sections.push({
      name,
      link,
      ttl,
      snap: given.number("snap") ?? 0,
      clock: seconds(given.text("clock") ?? "0"),
      packets: [],
      numbers: new Numbering((end) => this.#named(end).as),
    });
    given.finish();
  }

  #packets(from: TraceEnd, to: TraceEnd, word: string, given: Attributes): void {
    const rtt = seconds(given.text("rtt") ?? "0.001");
    const back = seconds(given.text("back") ?? "0.00001");
    const none = attributesOf([]);
    if (word === "OPEN") {
      this.#segment(from, to, SYN, given);
      this.#time += rtt;
      this.#segment(to, from, SYN | ACK, none);
      this.#time += back;
      this.#segment(from, to, ACK, none);
    } else if (word === "CLOSE") {
      this.#segment(from, to, FIN | ACK, given);
      this.#time += rtt;
      this.#segment(to, from, FIN | ACK, none);
      this.#time += back;
      this.#segment(from, to, ACK, none);
    } else {
      this.#segment(from, to, flagsOf(word), given);
    }
  }

  #segment(from: TraceEnd, to: TraceEnd, flags: number, given: Attributes): void {
    const section = this.#current();
    const payload = bytesOf(given);
    const numbers = section.numbers.next({ from, to, flags, payload, given, time: this.#time });
    section.packets.push({
      kind: "tcp",
      time: this.#time + section.clock,
      from,
      to,
      flags,
      ...numbers,
      window: given.number("win") ?? ((flags & SYN) !== 0 ? 64240 : (flags & RST) !== 0 ? 0 : 502),
      ttl: given.number("ttl") ?? section.ttl.get(from.name) ?? from.ttl,
      mac: given.text("mac") ?? from.mac,
    });
    given.finish();
  }

  #icmp(words: readonly string[]): void {
    const section = this.#current();
    const from = this.#named(words[1]);
    if (words[4] !== "quoting") throw new Error("expected `quoting N`");
    const index = words[5] === "last" ? section.packets.length : Number(words[5]);
    const quoted = section.packets[index - 1];
    if (quoted?.kind !== "tcp") throw new Error(`no TCP packet ${words[5]} to quote`);
    const [type, code] = icmpNumbers(words[3] ?? "", from.address.includes(":"));
    const given = attributesOf(words.slice(6));
    section.packets.push({
      kind: "icmp",
      time: this.#time + section.clock,
      from,
      type,
      code,
      quoted,
      ttl: given.number("ttl") ?? section.ttl.get(from.name) ?? from.ttl,
      mac: given.text("mac") ?? from.mac,
    });
    given.finish();
  }

  #named(name: string | undefined): TraceEnd {
    const end = this.#ends.get(name ?? "");
    if (end === undefined) throw new Error(`no end named ${name}`);
    return end;
  }

  #current(): OpenSection {
    if (this.sections.length === 0) this.#section("capture", attributesOf([]));
    return this.sections[this.sections.length - 1] as OpenSection;
  }
}

/** Seconds as text to whole nanoseconds. */
function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`not a time: ${text}`);
  return Math.round(value * 1e9);
}

const FLAGS: Readonly<Record<string, number>> = { SYN, ACK, FIN, RST, PSH, URG, "-": 0 };

function flagsOf(word: string): number {
  return word.split(",").reduce((all, name) => {
    const bit = FLAGS[name];
    if (bit === undefined) throw new Error(`unknown flag ${name}`);
    return all | bit;
  }, 0);
}

/** Types and codes of RFC 792 and RFC 4443 §3. */
const ICMP_NAMES: Readonly<Record<string, readonly [v4: string, v6: string]>> = {
  "net-unreachable": ["3/0", "1/0"],
  "host-unreachable": ["3/1", "1/3"],
  "port-unreachable": ["3/3", "1/4"],
  "too-big": ["3/4", "2/0"],
  "net-prohibited": ["3/9", "1/1"],
  "host-prohibited": ["3/10", "1/1"],
  "admin-prohibited": ["3/13", "1/1"],
  policy: ["3/13", "1/5"],
  "ttl-exceeded": ["11/0", "3/0"],
};

function icmpNumbers(name: string, v6: boolean): [number, number] {
  const text = ICMP_NAMES[name]?.[v6 ? 1 : 0] ?? name;
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (match === null) throw new Error(`unknown ICMP error ${name}`);
  return [Number(match[1]), Number(match[2])];
}

/** A locally administered MAC address made from a name. */
function macOf(name: string): string {
  let hash = 0;
  for (const letter of name) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  const tail = [hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255];
  return ["02", "00", ...tail.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}
