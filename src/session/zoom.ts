import type { PacketBatch } from "../capture/batch.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import {
  D_PACKETS,
  DIR_A,
  DIR_B,
  FL_IPV6,
  H_FIRST_PACKET,
  H_FLAGS,
  H_HIGH,
  H_LOW,
  H_PORTS,
  H_PREVIOUS,
} from "../flow/layout.ts";
import { readFlow } from "../flow/read-flow.ts";
import { printIPv4, printIPv6 } from "../net/address.ts";
import {
  LOC_END,
  LOC_ICMP_CODE,
  LOC_ICMP_TYPE,
  LOC_IP_ID,
  LOC_IP_OFFSET,
  LOC_IP_VERSION,
  LOC_OUTER_SOURCE,
  LOC_TCP_LENGTH,
  LOC_TCP_OFFSET,
  LOC_TTL,
  LOCATED_ICMP_ERROR,
  LOCATED_TCP,
  Locator,
} from "../wire/locate.ts";
import { readTcpOptions } from "../wire/tcp-options.ts";
import type { Trail } from "./segment.ts";
import { sourceMac } from "./source-mac.ts";
import { MOST_OF_FLOW, TrailRecorder } from "./trail-recorder.ts";

/** Payload bytes kept of each segment: enough for a TLS record header or a request line. */
const HEAD_BYTES = 64;
/** Segments kept of one flow at the least, however many flows there are. */
const FEWEST_OF_FLOW = 64;

/**
 * The zoom: a second read of a capture that keeps the segments of a few flows. Packets of other
 * flows are passed over after one look at their four-tuple.
 */
export class Zoom {
  readonly #table: FlowTable;
  readonly #locator = new Locator();
  /** Wanted rows, by row number. */
  readonly #recorders = new Map<number, TrailRecorder>();
  /** For the latest row of a wanted four-tuple, which the index finds: the row that reading has come to, plus one. */
  readonly #reached: Int32Array;
  /** The next row of the same four-tuple, plus one. */
  readonly #next: Int32Array;

  /** `most`: segments kept of all flows together, as far as that leaves each a few. */
  constructor(table: FlowTable, rows: ReadonlySet<number>, vantage: number, most: number = Number.POSITIVE_INFINITY) {
    this.#table = table;
    this.#reached = new Int32Array(table.rows);
    this.#next = new Int32Array(table.rows);
    const share = shareOf(table, rows, most);
    for (const row of rows) {
      this.#recorders.set(row, new TrailRecorder(vantage, readFlow(table, row), share));
      this.#want(latestOfTuple(table, row));
    }
  }

  /** No flow is wanted. */
  get isEmpty(): boolean {
    return this.#recorders.size === 0;
  }

  /** Takes a batch in. */
  observe(batch: PacketBatch): void {
    const { out } = this.#locator;
    for (let i = 0; i < batch.count; i++) {
      const packet = batch.firstNumber + i;
      const start = batch.offset[i] as number;
      const kind = this.#locator.locate(
        batch.view,
        batch.bytes,
        start,
        batch.captured[i] as number,
        batch.wireLength[i] as number,
        batch.linkType[i] as number,
        packet,
      );
      if (kind !== LOCATED_TCP && kind !== LOCATED_ICMP_ERROR) continue;
      const view = this.#locator.view;
      const recorder = this.#recorderOf(view, out, packet);
      if (recorder === undefined) continue;
      const time = batch.time[i] as number;
      if (kind === LOCATED_TCP) {
        const mac = sourceMac(batch.bytes, start, batch.captured[i] as number, batch.linkType[i] as number);
        this.#segment(recorder, view, packet, time, mac);
      } else {
        this.#icmpError(recorder, view, packet, time);
      }
    }
  }

  /** The trails, in order of their first packet. */
  trails(): Trail[] {
    return [...this.#recorders.values()].map((r) => r.trail()).sort((a, b) => a.flow.stream - b.flow.stream);
  }

  /** Links the rows of a four-tuple from the first to the latest. */
  #want(latest: number): void {
    if (this.#reached[latest] !== 0) return;
    let row = latest;
    for (;;) {
      const previous = this.#table.page(row)[this.#table.base(row) + H_PREVIOUS] as number;
      if (previous === 0) break;
      this.#next[previous - 1] = row + 1;
      row = previous - 1;
    }
    this.#reached[latest] = row + 1;
  }

  #recorderOf(view: DataView, out: Int32Array, packet: number): TrailRecorder | undefined {
    const table = this.#table;
    const ipv6 = out[LOC_IP_VERSION] === 6;
    const ip = out[LOC_IP_OFFSET] as number;
    let low = ipv6 ? table.intern(view, ip + 8) : view.getInt32(ip + 12);
    let high = ipv6 ? table.intern(view, ip + 24) : view.getInt32(ip + 16);
    let ports = view.getInt32(out[LOC_TCP_OFFSET] as number);
    if (low > high || (low === high && ports >>> 16 > (ports & 0xffff))) {
      [low, high] = [high, low];
      ports = (ports << 16) | (ports >>> 16);
    }
    const latest = table.find(ipv6, low, high, ports);
    let row = latest < 0 ? -1 : (this.#reached[latest] as number) - 1;
    if (row < 0) return undefined;
    // On to the flow of this four-tuple that the packet fell into: packets come in order.
    for (;;) {
      const next = (this.#next[row] as number) - 1;
      if (next < 0 || packet < (table.page(next)[table.base(next) + H_FIRST_PACKET] as number)) break;
      row = next;
    }
    this.#reached[latest] = row + 1;
    return this.#recorders.get(row);
  }

  #segment(recorder: TrailRecorder, view: DataView, packet: number, time: number, mac: string): void {
    const { out } = this.#locator;
    const tcp = out[LOC_TCP_OFFSET] as number;
    const end = out[LOC_END] as number;
    if (end - tcp < 16) return;
    const word = view.getInt32(tcp + 12);
    const header = (word >>> 28) << 2;
    // A header length that cannot be: the survey does not believe its flags either.
    if (header < 20) return;
    const tcpLength = out[LOC_TCP_LENGTH] as number;
    const payload = tcp + header;
    const captured = Math.max(0, Math.min(end - payload, HEAD_BYTES));
    const head = new Uint8Array(captured);
    for (let i = 0; i < captured; i++) head[i] = view.getUint8(payload + i);
    const options = readTcpOptions(view, tcp + 20, Math.min(payload, end));
    const flow = recorder.flow;
    recorder.add(
      {
        packet,
        time,
        from: this.#fromClient(flow.client === "a" ? flow.a : flow.b, flow.client === "a" ? flow.b : flow.a, view)
          ? "client"
          : "server",
        flags: (word >>> 16) & 0xff,
        seq: view.getUint32(tcp + 4),
        ack: view.getUint32(tcp + 8),
        length: tcpLength > header ? tcpLength - header : 0,
        window: word & 0xffff,
        ttl: out[LOC_TTL] as number,
        ipId: out[LOC_IP_ID] as number,
        timestamp: options.timestamp,
        optionBytes: header - 20,
        head,
        sourceMac: mac,
        notes: [],
      },
      options.windowScale,
    );
  }

  /** Whether the located packet was sent by the client of the flow. */
  #fromClient(
    client: { readonly address: string; readonly port: number },
    server: { readonly port: number },
    view: DataView,
  ): boolean {
    const { out } = this.#locator;
    const sourcePort = view.getUint16(out[LOC_TCP_OFFSET] as number);
    if (client.port !== server.port) return sourcePort === client.port;
    const ip = out[LOC_IP_OFFSET] as number;
    return (
      this.#address(view, out[LOC_IP_VERSION] === 6 ? ip + 8 : ip + 12, out[LOC_IP_VERSION] === 6) === client.address
    );
  }

  #icmpError(recorder: TrailRecorder, view: DataView, packet: number, time: number): void {
    const { out } = this.#locator;
    // ICMP quotes its own IP version (RFC 792, RFC 4443 §2.4).
    const ipv6 = out[LOC_IP_VERSION] === 6;
    const { flow } = recorder;
    const fromClient = this.#fromClient(
      flow.client === "a" ? flow.a : flow.b,
      flow.client === "a" ? flow.b : flow.a,
      view,
    );
    recorder.addIcmp({
      packet,
      time,
      ipVersion: ipv6 ? 6 : 4,
      type: out[LOC_ICMP_TYPE] as number,
      code: out[LOC_ICMP_CODE] as number,
      sender: this.#address(view, out[LOC_OUTER_SOURCE] as number, ipv6),
      quoted: fromClient ? "client" : "server",
    });
  }

  #address(view: DataView, offset: number, ipv6: boolean): string {
    if (!ipv6) return printIPv4(view.getUint32(offset));
    return printIPv6(new Uint8Array(view.buffer, view.byteOffset + offset, 16));
  }
}

/** Segments kept of each flow, so that all flows together keep no more than `most`. */
function shareOf(table: FlowTable, rows: ReadonlySet<number>, most: number): number {
  const packets = [...rows].map((row) => {
    const [page, base] = [table.page(row), table.base(row)];
    return (page[base + DIR_A + D_PACKETS] as number) + (page[base + DIR_B + D_PACKETS] as number);
  });
  let share = MOST_OF_FLOW;
  while (share > FEWEST_OF_FLOW && packets.reduce((sum, n) => sum + Math.min(n, share), 0) > most) share >>= 1;
  return share;
}

/** The row that the index finds for this row's four-tuple. */
function latestOfTuple(table: FlowTable, row: number): number {
  const page = table.page(row);
  const base = table.base(row);
  const ipv6 = ((page[base + H_FLAGS] as number) & FL_IPV6) !== 0;
  return table.find(ipv6, page[base + H_LOW] as number, page[base + H_HIGH] as number, page[base + H_PORTS] as number);
}
