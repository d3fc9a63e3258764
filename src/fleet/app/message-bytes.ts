import type { Scenario } from "../../scenario/scenario.ts";
import {
  ascii,
  concatenate,
  encodeData,
  encodeFields,
  encodeFrame,
  encodeSettings,
  H2_ACK,
  H2_END_HEADERS,
  H2_END_STREAM,
  H2_GOAWAY,
  H2_HEADERS,
  H2_PING,
  H2_PREFACE,
  H2_RST_STREAM,
  H2_SETTINGS,
  H2_WINDOW_UPDATE,
  words32,
} from "../../wire/http2-frames.ts";
import * as speech from "./speech.ts";

const {
  BAD_GATEWAY,
  CALLS,
  EVENT,
  GATEWAY_TIMEOUT,
  GOAWAY,
  H1_BAD_GATEWAY,
  H1_GATEWAY_TIMEOUT,
  H1_REQUEST,
  H1_RESPONSE,
  LIST_LEASES,
  OPEN_CLIENT,
  OPEN_SERVER,
  PING,
  PLAIN,
  PONG,
  RENEW_LEASE,
  REPORT_STATUS,
  REQUEST,
  RESPONSE,
  RST_STREAM,
  SETTINGS_ACK,
  WATCH,
  WATCH_END,
  WATCH_LEASES,
  WATCH_OPEN,
  WINDOW_UPDATE,
} = speech;

/** Bytes of a message on the wire, in the clear. A message's size does not depend on its numbers, so it is found once by encoding one. */
export class MessageBytes {
  readonly #scenario: Omit<Scenario, "variants">;
  readonly #groups: readonly string[];
  /** The group of each actor. */
  readonly #groupOf: Uint16Array;
  readonly #nodes: number;
  readonly #sizes: Int32Array;

  constructor(scenario: Omit<Scenario, "variants">, groupOf: Uint16Array, nodes: number) {
    this.#scenario = scenario;
    this.#groups = Object.keys(scenario.network.clients);
    this.#groupOf = groupOf;
    this.#nodes = nodes;
    this.#sizes = new Int32Array((this.#groups.length + 1) * KINDS * CALLS);
  }

  /** `b` as in the message. */
  size(kind: number, b: number): number {
    const call = hasCall(kind);
    const group = call ? (this.#groupOf[Math.floor(b / CALLS)] as number) : this.#groups.length;
    const slot = (group * KINDS + kind) * CALLS + (call ? b & (CALLS - 1) : 0);
    const known = this.#sizes[slot] as number;
    if (known > 0) return known;
    const size = this.bytes(kind, 1, b).length;
    this.#sizes[slot] = size;
    return size;
  }

  bytes(kind: number, a: number, b: number): Uint8Array {
    switch (kind) {
      case OPEN_CLIENT:
        return concatenate([H2_PREFACE, encodeSettings(CLIENT_SETTINGS), windowUpdate(0, 1_073_741_824)]);
      case OPEN_SERVER:
        return concatenate([encodeSettings(SERVER_SETTINGS), settingsAck(), windowUpdate(0, 983_041)]);
      case SETTINGS_ACK:
        return settingsAck();
      case REQUEST:
        return this.#request(a, b);
      case RESPONSE:
        return answer(a, "200", this.#responseBytes(b));
      case BAD_GATEWAY:
        return answer(a, "502", 0);
      case GATEWAY_TIMEOUT:
        return answer(a, "504", 0);
      case WATCH_OPEN:
        return headers(a, encodeFields([...OK, ["content-type", "application/json"]]), 0);
      case EVENT:
        return encodeData(
          a,
          padded(`{"type":"MODIFIED","object":{"kind":"Lease","name":"${nodeName(b)}"`, EVENT_BYTES),
          false,
        );
      case WATCH_END:
        return encodeData(a, new Uint8Array(0), true);
      case PING:
        return encodeFrame({ type: H2_PING, payload: words32(0x68616c66, a) });
      case PONG:
        return encodeFrame({ type: H2_PING, flags: H2_ACK, payload: words32(0x68616c66, a) });
      case GOAWAY:
        return encodeFrame({ type: H2_GOAWAY, payload: words32(a, b) });
      case RST_STREAM:
        return encodeFrame({ type: H2_RST_STREAM, stream: a, payload: words32(b) });
      case WINDOW_UPDATE:
        return windowUpdate(a, b);
      case H1_BAD_GATEWAY:
        return statusLine("502 Bad Gateway", 0);
      case H1_GATEWAY_TIMEOUT:
        return statusLine("504 Gateway Time-out", 0);
      case H1_REQUEST:
        return this.#requestLine(b);
      case H1_RESPONSE:
        return statusLine("200 OK", this.#responseBytes(b));
    }
    throw new RangeError(`no message of kind ${kind}`);
  }

  #request(stream: number, b: number): Uint8Array {
    const { method, path, userAgent, body } = this.call(b);
    const fields: [string, string][] = [
      [":method", method],
      [":scheme", "http"],
      [":authority", AUTHORITY],
      [":path", path],
      ["user-agent", userAgent],
    ];
    if (body === 0) return headers(stream, encodeFields(fields), H2_END_STREAM);
    fields.push(["content-length", String(body)]);
    return concatenate([headers(stream, encodeFields(fields), 0), encodeData(stream, padded("{", body), true)]);
  }

  #requestLine(b: number): Uint8Array {
    const { method, path, userAgent, body } = this.call(b);
    const length = body === 0 && method === "GET" ? "" : `Content-Length: ${body}\r\n`;
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${AUTHORITY}\r\nUser-Agent: ${userAgent}\r\n${length}\r\n`;
    return concatenate([ascii(head), padded("", body)]);
  }

  #responseBytes(b: number): number {
    const call = b % CALLS;
    if (call === LIST_LEASES) return Math.max(2, this.#nodes * (this.#scenario.network.kubernetes?.leaseBytes ?? 0));
    if (call === RENEW_LEASE || call === REPORT_STATUS) return EVENT_BYTES;
    return this.#group(b).requests.responseBytes;
  }

  #group(b: number): Scenario["network"]["clients"][string] {
    const name = this.#groups[this.#groupOf[Math.floor(b / CALLS)] as number] as string;
    return this.#scenario.network.clients[name] as Scenario["network"]["clients"][string];
  }

  /** What a call asks for. */
  call(b: number): { method: string; path: string; userAgent: string; body: number } {
    const actor = Math.floor(b / CALLS);
    const userAgent = this.#groups[this.#groupOf[actor] as number] as string;
    const node = nodeName(actor);
    switch (b % CALLS) {
      case RENEW_LEASE:
        return { method: "PUT", path: `${LEASES}/${node}`, userAgent, body: EVENT_BYTES };
      case REPORT_STATUS:
        return { method: "PATCH", path: `/api/v1/nodes/${node}/status`, userAgent, body: EVENT_BYTES };
      case WATCH:
        return { method: "GET", path: "/api/v1/pods?watch=true&timeoutSeconds=480", userAgent, body: 0 };
      case LIST_LEASES:
        return { method: "GET", path: LEASES, userAgent, body: 0 };
      case WATCH_LEASES:
        return { method: "GET", path: `${LEASES}?watch=true&timeoutSeconds=480`, userAgent, body: 0 };
      case PLAIN: {
        const { method, requestBytes } = this.#group(b).requests;
        return { method, path: "/api/v1/items", userAgent, body: method === "GET" ? 0 : requestBytes };
      }
    }
    throw new RangeError(`no call ${b % CALLS}`);
  }
}

const KINDS = 20;
const AUTHORITY = "api.internal";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
/** About what a Lease takes as protobuf. */
const EVENT_BYTES = 320;
const OK: ReadonlyArray<readonly [string, string]> = [[":status", "200"]];
/** As Go's transport and server say: no push, 4 MiB a stream and 1 GiB a connection; 250 streams, 1 MiB. */
const CLIENT_SETTINGS: ReadonlyArray<readonly [number, number]> = [
  [2, 0],
  [4, 4_194_304],
];
const SERVER_SETTINGS: ReadonlyArray<readonly [number, number]> = [
  [3, 250],
  [4, 1_048_576],
];

/** Every node's name is as long as every other's. */
export const nodeName = (node: number): string => `node-${String(node).padStart(5, "0")}`;

function hasCall(kind: number): boolean {
  return kind === REQUEST || kind === RESPONSE || kind === H1_REQUEST || kind === H1_RESPONSE;
}

const settingsAck = (): Uint8Array => encodeFrame({ type: H2_SETTINGS, flags: H2_ACK });

const windowUpdate = (stream: number, increment: number): Uint8Array =>
  encodeFrame({ type: H2_WINDOW_UPDATE, stream, payload: words32(increment) });

const headers = (stream: number, payload: Uint8Array, flags: number): Uint8Array =>
  encodeFrame({ type: H2_HEADERS, flags: flags | H2_END_HEADERS, stream, payload });

function answer(stream: number, status: string, body: number): Uint8Array {
  const fields = encodeFields([
    [":status", status],
    ["content-length", String(body)],
  ]);
  if (body === 0) return headers(stream, fields, H2_END_STREAM);
  return concatenate([headers(stream, fields, 0), encodeData(stream, padded("{", body), true)]);
}

const statusLine = (status: string, body: number): Uint8Array =>
  concatenate([ascii(`HTTP/1.1 ${status}\r\nContent-Length: ${body}\r\n\r\n`), padded("", body)]);

/** `length` bytes that begin with this text. */
function padded(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x78);
  bytes.set(ascii(text.slice(0, length)), 0);
  return bytes;
}
