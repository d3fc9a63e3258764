import type { Nanoseconds } from "../../net/time.ts";
import type { Side, Trail } from "../../session/segment.ts";
import { FINISHED, TLS_1_3 } from "../../session/tls/names.ts";
import type { TlsAlert } from "../../session/tls/tls-events.ts";
import type { Scene } from "../scene.ts";
import { TLS_ALERT, TLS_APPLICATION_DATA, TLS_CHANGE_CIPHER_SPEC, TLS_HANDSHAKE, tlsRecords } from "../tls-records.ts";
import { type Reading, readTrail, type Step } from "../trail-queries.ts";

/** An alert that could be read. */
export interface Alert {
  readonly side: Side;
  readonly description: number;
  readonly packet: number;
  readonly at: Nanoseconds;
  /** `decrypted` with a key log, `clear` as it stood on the wire. */
  readonly how: "clear" | "decrypted";
  /** A warning after which the handshake goes on. */
  readonly passedOver: boolean;
}

/** How far the TLS handshake of one connection came, as its packets tell. */
export interface Handshake {
  readonly reading: Reading;
  /** First segment of the ClientHello, and of the server's first flight. */
  readonly hello: Step;
  readonly helloBytes: number;
  readonly serverHello: Step | undefined;
  readonly is13: boolean;
  readonly alerts: readonly Alert[];
  /** In the clear: the server asked for a certificate, and the client sent an empty list (RFC 5246 §7.4.6). */
  readonly emptyCertificate: boolean;
  /** The client's records after its hello, without change_cipher_spec: type and length, with their step. */
  readonly clientRecords: readonly SentRecord[];
  /** The server's records after the client's second flight began. */
  readonly serverRecords: readonly SentRecord[];
  /** Something of the application was answered, so that the handshake had gone well. */
  readonly answered: boolean;
  /** Both ends' Finished were read, or what only comes after them. */
  readonly finished: boolean;
  readonly serverName: string | undefined;
}

export interface SentRecord {
  readonly type: number;
  readonly length: number;
  readonly step: Step;
}

const CERTIFICATE = 11;
const CERTIFICATE_REQUEST = 13;
/** A Certificate message with an empty list: three zero bytes behind its header of four (RFC 5246 §7.4.2). */
const EMPTY_LIST = 3;

/** What is known of a connection's handshake; undefined where its client did not begin one, or its beginning was not captured. */
export function handshakeOf(scene: Scene, trail: Trail): Handshake | undefined {
  const reading = readTrail(trail);
  const hello = reading.steps.find((s) => s.side === "client" && s.fresh);
  const first = hello === undefined ? undefined : tlsRecords(hello.segment)[0];
  if (hello === undefined || first?.type !== TLS_HANDSHAKE) return undefined;
  if (hello.segment.head.length > 5 && hello.segment.head[5] !== 1) return undefined;
  const spoken = reading.steps.find((s) => s.side === "server" && s.fresh);
  const serverHello = spoken !== undefined && beginsHandshake(spoken) ? spoken : undefined;
  const session = scene.session(trail);
  const events = session?.events ?? [];
  const sideOf = (direction: 0 | 1): Side => ((direction === 0) === (trail.flow.client === "a") ? "client" : "server");
  const messages = events.filter((e) => e.kind === "tls-message");
  const asked = messages.some((m) => m.type === CERTIFICATE_REQUEST && sideOf(m.direction) === "server");
  const empty = messages.some(
    (m) => m.type === CERTIFICATE && m.length === EMPTY_LIST && sideOf(m.direction) === "client",
  );
  const clientRecords = recordsAfter(reading, "client", hello.index, hello.segment.length < first.length + 5);
  const second = clientRecords[0]?.step.index ?? Number.POSITIVE_INFINITY;
  const opened = session?.summary.tls?.decryption === "opened";
  const answered = events.some(
    (e) =>
      (e.kind === "http1-message" && e.head.kind === "response") ||
      (e.kind === "http2-frame" && sideOf(e.direction) === "server" && e.streamId !== 0),
  );
  const read = events.filter((e) => e.kind === "tls-alert").map((e) => readAlert(e, sideOf(e.direction), opened));
  const clear = reading.steps.flatMap((s) => plainAlert(s) ?? []);
  const plain = new Set(clear.map((a) => a.packet));
  const alerts = [...read.filter((a) => !plain.has(a.packet)), ...clear].sort((a, b) => a.packet - b.packet);
  return {
    reading,
    hello,
    helloBytes: first.length + 5,
    serverHello,
    is13:
      session?.summary.tls?.version === TLS_1_3 ||
      (serverHello !== undefined && (looks13(serverHello) || goesOn13(reading, hello))),
    alerts: alerts.map((a) => ({ ...a, passedOver: a.passedOver && goesOn(reading, a.packet) })),
    emptyCertificate: asked && empty,
    clientRecords,
    serverRecords: recordsAfter(reading, "server", second, false),
    answered,
    finished: new Set(messages.filter((m) => m.type === FINISHED).map((m) => m.direction)).size === 2,
    serverName: session?.summary.tls?.serverName,
  };
}

const beginsHandshake = (step: Step): boolean => tlsRecords(step.segment)[0]?.type === TLS_HANDSHAKE;

/** RFC 8446 appendix D.4: the ServerHello is followed by a change_cipher_spec and protected records. */
function looks13(step: Step): boolean {
  const [, second, third] = tlsRecords(step.segment);
  return second?.type === TLS_CHANGE_CIPHER_SPEC && (third === undefined || third.type === TLS_APPLICATION_DATA);
}

/** The client's second flight: a change_cipher_spec for old boxes, then protected records that call themselves application data. */
function goesOn13({ steps }: Reading, hello: Step): boolean {
  const next = steps.find((s) => s.side === "client" && s.fresh && s.index > hello.index);
  const [first, second] = next === undefined ? [] : tlsRecords(next.segment);
  return first?.type === TLS_APPLICATION_DATA || second?.type === TLS_APPLICATION_DATA;
}

/** Records whose headers stand at the beginning of segments of one side, from a step on. */
function recordsAfter(reading: Reading, side: Side, index: number, skipOne: boolean): readonly SentRecord[] {
  let skip = skipOne;
  return reading.steps.flatMap((step) => {
    if (step.side !== side || !step.fresh || step.index <= index) return [];
    const records = tlsRecords(step.segment);
    // What is left of a hello that was cut in two begins with no header, or by chance with what looks like one.
    if (skip) {
      skip = false;
      return [];
    }
    return records.filter((r) => r.type !== TLS_CHANGE_CIPHER_SPEC).map(({ type, length }) => ({ type, length, step }));
  });
}

const WARNING = 1;

function readAlert(event: TlsAlert, side: Side, opened: boolean): Alert {
  const { description, packet, time, level } = event;
  return { side, description, packet, at: time, how: opened ? "decrypted" : "clear", passedOver: level === "warning" };
}

/** An alert in the clear at the end of a segment's captured beginning (RFC 8446 §6: level, description). */
function plainAlert(step: Step): Alert | undefined {
  if (!step.fresh) return undefined;
  const { head, packet } = step.segment;
  const record = tlsRecords(step.segment).find((r) => r.type === TLS_ALERT && r.length === 2);
  const [level, description] = record === undefined ? [] : [head[record.at + 5], head[record.at + 6]];
  if (level === undefined || description === undefined || level === 0 || level > 2) return undefined;
  return { side: step.side, description, packet, at: step.time, how: "clear", passedOver: level === WARNING };
}

/** Whether the handshake went on after a packet: later records of handshake or application that are not alerts. */
function goesOn(reading: Reading, packet: number): boolean {
  return reading.steps.some((s) => {
    if (!s.fresh || s.segment.packet <= packet) return false;
    const type = tlsRecords(s.segment)[0]?.type;
    return type !== undefined && type !== TLS_ALERT;
  });
}
