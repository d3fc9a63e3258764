import { execFileSync } from "node:child_process";
import { openSource } from "../../src/capture/evidence-source.ts";
import { readCapture } from "../../src/capture/read-capture.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { readFlow } from "../../src/flow/read-flow.ts";
import { Survey } from "../../src/flow/survey.ts";

/** What a reader of captures says of one TCP stream; packet numbers of direction b are negative. */
export interface StreamReading {
  readonly stream: number;
  readonly ends: readonly string[];
  readonly packets: readonly number[];
  readonly bytes: readonly number[];
  readonly syn: readonly number[];
  readonly synAck: readonly number[];
  readonly fin: readonly number[];
  readonly rst: readonly number[];
  /** Packet numbers by class of event (see CLASSES), sorted. */
  readonly events: Readonly<Record<string, readonly number[]>>;
}

/**
 * Classes in which readings are compared: tshark's field, then our events. Retransmission, fast and
 * spurious retransmission and out of order are one class, since timing decides between them.
 */
export const CLASSES: readonly {
  readonly name: string;
  readonly theirs: readonly string[];
  readonly ours: readonly (keyof Flow["events"])[];
}[] = [
  {
    name: "repeated or out of order",
    theirs: ["retransmission", "spurious_retransmission", "fast_retransmission", "out_of_order"],
    ours: ["retransmission", "spuriousRetransmission", "fastRetransmission", "outOfOrder"],
  },
  { name: "duplicate ACK", theirs: ["duplicate_ack"], ours: ["duplicateAck"] },
  { name: "keepalive", theirs: ["keep_alive"], ours: ["keepalive"] },
  { name: "keepalive ACK", theirs: ["keep_alive_ack"], ours: ["keepaliveAck"] },
  { name: "zero window", theirs: ["zero_window"], ours: ["zeroWindow"] },
  { name: "window full", theirs: ["window_full"], ours: ["windowFull"] },
  { name: "lost segment", theirs: ["lost_segment"], ours: ["lostSegment"] },
  { name: "port reused", theirs: ["reused_ports"], ours: ["portReused"] },
  { name: "ACKed unseen", theirs: ["ack_lost_segment"], ours: ["ackedUnseen"] },
];

/** Halfopen's reading of a capture. */
export async function ourReading(file: string): Promise<StreamReading[]> {
  const survey = new Survey();
  const source = await openSource(file);
  try {
    await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
  } finally {
    source.close();
  }
  const readings: StreamReading[] = [];
  for (let row = 0; row < survey.table.rows; row++) {
    const flow = readFlow(survey.table, row);
    if (flow.state === "quoted") continue;
    readings.push({
      stream: flow.stream,
      ends: [`${flow.a.address} ${flow.a.port}`, `${flow.b.address} ${flow.b.port}`],
      packets: flow.packets,
      bytes: flow.bytes,
      syn: flow.syn,
      synAck: flow.synAck,
      fin: flow.fin,
      rst: flow.rst,
      events: Object.fromEntries(
        CLASSES.map((c) => [c.name, sorted(c.ours.flatMap((name) => flow.events[name] ?? []))]),
      ),
    });
  }
  return readings;
}

const FLAGS = CLASSES.flatMap((c) => c.theirs);
const FIELDS = [
  "frame.number",
  "tcp.stream",
  "ip.src",
  "ip.dst",
  "ipv6.src",
  "ipv6.dst",
  "tcp.srcport",
  "tcp.dstport",
  "tcp.flags",
  "tcp.len",
  ...FLAGS.map((flag) => `tcp.analysis.${flag}`),
];

/** The installed tshark's reading of a capture (every TCP packet that is not quoted in an ICMP error). */
export function tsharkReading(file: string): StreamReading[] {
  const args = ["-r", file, "-Y", "tcp && !icmp && !icmpv6", "-T", "fields", ...FIELDS.flatMap((f) => ["-e", f])];
  const text = execFileSync("tshark", args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  interface Tally {
    ends: string[];
    packets: number[];
    bytes: number[];
    syn: number[];
    synAck: number[];
    fin: number[];
    rst: number[];
    events: Record<string, number[]>;
  }
  const streams = new Map<number, Tally>();
  for (const line of text.trimEnd().split("\n")) {
    const cells = line.split("\t");
    const cell = (name: string): string => cells[FIELDS.indexOf(name)] ?? "";
    const packet = Number(cell("frame.number"));
    const stream = Number(cell("tcp.stream"));
    const source = `${cell("ip.src") || cell("ipv6.src")} ${cell("tcp.srcport")}`;
    const target = `${cell("ip.dst") || cell("ipv6.dst")} ${cell("tcp.dstport")}`;
    let s = streams.get(stream);
    if (s === undefined) {
      s = { ends: [source, target], packets: [0, 0], bytes: [0, 0], syn: [], synAck: [], fin: [], rst: [], events: {} };
      streams.set(stream, s);
    }
    const side = source === s.ends[0] ? 0 : 1;
    const signed = side === 0 ? packet : -packet;
    s.packets[side] = (s.packets[side] ?? 0) + 1;
    s.bytes[side] = (s.bytes[side] ?? 0) + Number(cell("tcp.len"));
    const flags = Number(cell("tcp.flags"));
    if ((flags & 0x12) === 0x02) s.syn.push(signed);
    if ((flags & 0x12) === 0x12) s.synAck.push(signed);
    if ((flags & 0x01) !== 0) s.fin.push(signed);
    if ((flags & 0x04) !== 0) s.rst.push(signed);
    for (const c of CLASSES) {
      if (c.theirs.some((flag) => cell(`tcp.analysis.${flag}`) !== "")) {
        s.events[c.name] = [...(s.events[c.name] ?? []), packet];
      }
    }
  }
  return [...streams].map(([stream, s]) => ({
    stream,
    ...s,
    events: Object.fromEntries(CLASSES.map((c) => [c.name, sorted(s.events[c.name] ?? [])])),
  }));
}

function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
