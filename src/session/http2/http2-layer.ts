/**
 * HTTP/2 over a byte stream, in the clear or opened: cuts frames, decompresses header blocks, and
 * follows settings, streams, windows and PINGs of a connection.
 *
 * A connection captured from its middle is read from the first plausible frame; its header blocks
 * stay closed then, since HPACK needs every block from the first (RFC 7541 §2.2).
 */
import type { ProblemTally } from "../../net/problem.ts";
import { type Chunk, type Direction, type Gap, type Layer, other } from "../payload/chunk.ts";
import { Cutter, type Piece } from "../payload/cutter.ts";
import { FlowControl } from "./flow-control.ts";
import type { FieldList, Frame, FrameBody } from "./frame.ts";
import { readFrameBody } from "./frame-body.ts";
import { HeaderBlocks } from "./header-blocks.ts";
import type { GoAway, Http2Summary, Ping } from "./http2-summary.ts";
import { CONTINUATION, DATA, HEADER_TABLE_SIZE, HEADERS, INITIAL_WINDOW_SIZE, PUSH_PROMISE } from "./names.ts";
import { isFrameHeader, isPrefaceStart, PREFACE } from "./recognise.ts";
import { Streams } from "./streams.ts";

export interface Http2Means {
  readonly emit: (frame: Frame) => void;
  readonly problems: ProblemTally;
  /** Whether both directions are known from their first byte. */
  readonly fromStart: boolean;
}

/** Payload kept of one frame. Header blocks and debug data are far shorter; DATA is not kept at all. */
const MOST_PAYLOAD: number = 256 * 1024;
const MOST_PINGS = 1024;
const MOST_GOAWAYS = 64;

interface Side {
  readonly cutter: Cutter;
  readonly blocks: HeaderBlocks;
  /** Bytes of the connection preface still to come; undefined before the first byte. */
  preface: number | undefined;
  readonly settings: Map<number, number>;
  readonly pings: Map<string, Ping>;
}

export class Http2Layer implements Layer {
  readonly #means: Http2Means;
  readonly #sides: readonly [Side, Side];
  readonly #streams = new Streams();
  readonly #windows = new FlowControl();
  readonly #pings: Ping[] = [];
  readonly #goAways: GoAway[] = [];
  #frames = 0;
  #client: Direction | undefined;

  constructor(means: Http2Means) {
    this.#means = means;
    this.#sides = [this.#newSide(0), this.#newSide(1)];
    if (means.fromStart) return;
    this.#windows.giveUp();
    for (const side of this.#sides) side.blocks.giveUp();
  }

  /** The connection began as an HTTP/1.1 request that the server upgraded (RFC 7540 §3.2). */
  upgraded(
    request: { readonly client: Direction; readonly packet: number; readonly method: string; readonly path: string },
    settings: readonly (readonly [number, number])[],
  ): void {
    this.#client = request.client;
    this.#streams.upgraded(request);
    for (const [id, value] of settings) this.#setting(request.client, id, value);
  }

  data(direction: Direction, chunk: Chunk): void {
    const rest = this.#withoutPreface(direction, chunk);
    if (rest.bytes.length > 0) this.#sides[direction].cutter.data(rest);
  }

  gap(direction: Direction, gap: Gap): void {
    this.#sides[direction].preface = 0;
    this.#sides[direction].cutter.gap(gap);
  }

  end(direction: Direction): void {
    if (this.#sides[direction].cutter.pending) {
      this.#means.problems.add("http2-cut", "HTTP/2 frames whose end was not captured or not sent");
    }
  }

  summary(): Http2Summary {
    return {
      client: this.#client,
      frames: this.#frames,
      settings: [this.#sides[0].settings, this.#sides[1].settings],
      streams: this.#streams.list(),
      streamsOmitted: this.#streams.omitted,
      pings: this.#pings,
      goAways: this.#goAways,
    };
  }

  #newSide(direction: Direction): Side {
    return {
      cutter: new Cutter({
        headerLength: 9,
        bodyLength: (header) => ((header[0] ?? 0) << 16) | ((header[1] ?? 0) << 8) | (header[2] ?? 0),
        wanted: (header, length) => (header[3] === DATA ? Math.min(1, length) : Math.min(length, MOST_PAYLOAD)),
        plausible: isFrameHeader,
        onPiece: (piece) => this.#frame(direction, piece),
        onLost: () => this.#lost(direction),
      }),
      blocks: new HeaderBlocks(),
      preface: undefined,
      settings: new Map(),
      pings: new Map(),
    };
  }

  /** The client's first bytes are the connection preface (RFC 9113 §3.4), which is no frame. */
  #withoutPreface(direction: Direction, chunk: Chunk): Chunk {
    const side = this.#sides[direction];
    if (side.preface === undefined) {
      side.preface = isPrefaceStart(chunk.bytes) ? PREFACE.length : 0;
      if (side.preface > 0) this.#client = direction;
    }
    if (side.preface === 0) return chunk;
    const skipped = Math.min(side.preface, chunk.bytes.length);
    side.preface -= skipped;
    return { ...chunk, bytes: chunk.bytes.subarray(skipped) };
  }

  #frame(direction: Direction, piece: Piece): void {
    const { header, length, packet, firstPacket, time } = piece;
    const type = header[3] ?? 0;
    const flags = header[4] ?? 0;
    const streamId = new DataView(header.buffer, header.byteOffset).getUint32(5) % 2 ** 31;
    const cut = !piece.whole || (type !== DATA && length > MOST_PAYLOAD);
    const read: FrameBody = cut ? { kind: "missing" } : readFrameBody({ type, flags, length }, piece.body);
    const fields = this.#fields(direction, { type, streamId, read });
    const windows = type === DATA ? this.#windows.sent(direction, streamId, length) : undefined;
    const frame: Frame = {
      kind: "http2-frame",
      firstPacket,
      packet,
      time,
      direction,
      type,
      flags,
      streamId,
      length,
      body: "block" in read ? { ...read, block: EMPTY } : read,
      ...(fields !== undefined && { fields }),
      ...(windows !== undefined && { windows }),
    };
    this.#frames++;
    if (read.kind === "malformed")
      this.#means.problems.add("http2-malformed", "HTTP/2 frames that contradict themselves");
    if (this.#streams.frame(frame)) this.#windows.closed(streamId);
    this.#follow(direction, frame);
    this.#means.emit(frame);
  }

  /** What a frame does to the connection. */
  #follow(direction: Direction, { body, packet, time, streamId }: Frame): void {
    switch (body.kind) {
      case "settings":
        for (const [id, value] of body.settings) this.#setting(direction, id, value);
        return;
      case "window-update":
        this.#windows.updated(direction, streamId, body.increment);
        return;
      case "ping":
        if (!body.ack) this.#ping(direction, { packet, time, direction, opaque: body.opaque, answer: undefined });
        else this.#pong(direction, body.opaque, { packet, time });
        return;
      case "goaway": {
        const { lastStreamId, errorCode, debugData } = body;
        if (this.#goAways.length < MOST_GOAWAYS)
          this.#goAways.push({ packet, time, direction, lastStreamId, errorCode, debugData });
        return;
      }
    }
  }

  #setting(direction: Direction, id: number, value: number): void {
    const { settings } = this.#sides[direction];
    if (settings.has(id) || settings.size < 64) settings.set(id, value);
    if (id === INITIAL_WINDOW_SIZE) this.#windows.initialWindow(direction, value);
    if (id === HEADER_TABLE_SIZE) this.#sides[other(direction)].blocks.allow(value);
  }

  #ping(direction: Direction, ping: Ping): void {
    if (this.#pings.length >= MOST_PINGS) return;
    this.#pings.push(ping);
    this.#sides[direction].pings.set(ping.opaque, ping);
  }

  #pong(direction: Direction, opaque: string, answer: { readonly packet: number; readonly time: number }): void {
    const { pings } = this.#sides[other(direction)];
    const asked = pings.get(opaque);
    if (asked === undefined) return;
    pings.delete(opaque);
    const at = this.#pings.lastIndexOf(asked);
    if (at >= 0) this.#pings[at] = { ...asked, answer };
  }

  #fields(
    direction: Direction,
    { type, streamId, read }: { readonly type: number; readonly streamId: number; readonly read: FrameBody },
  ): FieldList | undefined {
    const { blocks } = this.#sides[direction];
    if (type !== HEADERS && type !== PUSH_PROMISE && type !== CONTINUATION) return undefined;
    if (!("block" in read)) {
      blocks.giveUp();
      return undefined;
    }
    const fields = blocks.add(streamId, read.block, { first: type !== CONTINUATION, last: read.endHeaders });
    if (fields === undefined || !("kind" in fields)) return fields;
    this.#means.problems.add("http2-headers", "HTTP/2 header blocks that could not be decompressed");
    return undefined;
  }

  #lost(direction: Direction): void {
    this.#sides[direction].blocks.giveUp();
    this.#windows.giveUp();
    this.#means.problems.add("http2-lost", "places where HTTP/2 frames could not be followed for missing or odd bytes");
  }
}

const EMPTY: Uint8Array = new Uint8Array(0);
