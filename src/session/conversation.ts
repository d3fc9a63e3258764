import { type Problem, ProblemTally } from "../net/problem.ts";
import { ACK } from "../net/tcp-flags.ts";
import { Http1Layer, type Successor } from "./http1/http1-layer.ts";
import type { HttpMessage } from "./http1/message.ts";
import type { Frame } from "./http2/frame.ts";
import { Http2Layer } from "./http2/http2-layer.ts";
import type { Http2Summary } from "./http2/http2-summary.ts";
import { readUpgradeSettings } from "./http2/upgrade-settings.ts";
import { type Direction, type Layer, other } from "./payload/chunk.ts";
import { type HeldBytes, type PayloadSegment, StreamAssembler } from "./payload/stream-assembler.ts";
import { type Protocol, Sniffer } from "./sniffer.ts";
import type { Ciphers } from "./tls/ciphers.ts";
import type { KeyLog } from "./tls/key-log.ts";
import type { TlsEvent, TlsSummary } from "./tls/tls-events.ts";
import { TlsLayer } from "./tls/tls-layer.ts";

/** Something that was said on a connection, in order. */
export type SessionEvent = Frame | HttpMessage | TlsEvent;

/** What was found in a conversation as a whole. */
export interface SessionSummary {
  /** Wireshark's `tcp.stream`. */
  readonly stream: number;
  /** Protocols from the outside in, in the order they were found. */
  readonly protocols: readonly Protocol[];
  readonly tls: TlsSummary | undefined;
  readonly http2: Http2Summary | undefined;
  /** Bytes that the capture lacks, each way. */
  readonly missing: readonly [number, number];
  readonly problems: readonly Problem[];
}

export interface ConversationMeans {
  readonly ciphers: Ciphers;
  readonly keys: KeyLog;
  readonly emit: (event: SessionEvent, stream: number) => void;
  readonly budget: HeldBytes;
}

/** Protocols in protocols that are followed. */
const DEEPEST = 4;

/** One flow's payload, through whatever protocols are in it. */
export class Conversation {
  readonly #stream: number;
  readonly #means: ConversationMeans;
  readonly #assemblers: readonly [StreamAssembler, StreamAssembler];
  readonly #problems = new ProblemTally();
  readonly #protocols: Protocol[] = [];
  readonly #missing: [number, number] = [0, 0];
  #tls: TlsLayer | undefined;
  #http2: Http2Layer | undefined;

  constructor(stream: number, means: ConversationMeans) {
    this.#stream = stream;
    this.#means = means;
    const root = this.#sniffer([], 0);
    this.#assemblers = [this.#newAssembler(0, root), this.#newAssembler(1, root)];
  }

  /** The next segment of the flow, in capture order. */
  segment(direction: Direction, segment: PayloadSegment, ack: number): void {
    if ((segment.flags & ACK) !== 0) this.#assemblers[other(direction)].acknowledged(ack);
    this.#assemblers[direction].segment(segment);
  }

  /** Nothing more comes; gives what the conversation was. */
  finish(): SessionSummary {
    for (const assembler of this.#assemblers) assembler.finish();
    return {
      stream: this.#stream,
      protocols: this.#protocols,
      tls: this.#tls?.summary(),
      http2: this.#http2?.summary(),
      missing: this.#missing,
      problems: this.#problems.list(),
    };
  }

  #newAssembler(direction: Direction, root: Layer): StreamAssembler {
    return new StreamAssembler(
      {
        data: (chunk) => root.data(direction, chunk),
        gap: (gap) => {
          this.#missing[direction] += gap.length;
          root.gap(direction, gap);
        },
        end: () => root.end(direction),
      },
      this.#means.budget,
    );
  }

  #sniffer(never: readonly Protocol[], depth: number): Layer {
    return new Sniffer({
      never: depth < DEEPEST ? never : ["tls", "http1", "http2"],
      fromStart: () => depth > 0 || this.#assemblers.some((assembler) => assembler.fromStart),
      open: (protocol, fromStart) => this.#open(protocol, fromStart, depth),
    });
  }

  #open(protocol: Protocol, fromStart: boolean, depth: number): Layer {
    if (this.#protocols.length < 16) this.#protocols.push(protocol);
    const emit = (event: SessionEvent): void => this.#means.emit(event, this.#stream);
    const problems = this.#problems;
    switch (protocol) {
      case "tls": {
        const { ciphers, keys } = this.#means;
        const tls = new TlsLayer({ ciphers, keys, problems, emit, inside: (alpn) => this.#inside(alpn, depth + 1) });
        this.#tls ??= tls;
        return tls;
      }
      case "http1":
        return new Http1Layer({ emit, problems, successor: (what) => this.#successor(what, depth + 1) });
      case "http2": {
        const http2 = new Http2Layer({ emit, problems, fromStart });
        this.#http2 ??= http2;
        return http2;
      }
    }
  }

  /** Inside TLS the application protocol was agreed on (RFC 7301). */
  #inside(alpn: string | undefined, depth: number): Layer {
    if (alpn === "h2") return this.#open("http2", true, depth);
    if (alpn === "http/1.1" || alpn === "http/1.0") return this.#open("http1", true, depth);
    return this.#sniffer(["tls"], depth);
  }

  #successor(what: Successor, depth: number): Layer {
    if (what.kind === "tunnel") return this.#sniffer([], depth);
    const http2 = this.#open("http2", true, depth);
    if (http2 instanceof Http2Layer) http2.upgraded(what, readUpgradeSettings(what.settings));
    return http2;
  }
}
