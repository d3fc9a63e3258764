import type { Flow } from "../flow/flow.ts";
import { type Instant, instantOf } from "../net/time.ts";
import type { SessionSummary } from "../session/conversation.ts";
import type { HttpMessage } from "../session/http1/message.ts";
import type { Frame } from "../session/http2/frame.ts";
import { errorCodeName, frameTypeName, settingName } from "../session/http2/names.ts";
import { cipherSuiteName } from "../session/tls/cipher-suites.ts";
import { alertName, contentTypeName, handshakeName, versionName } from "../session/tls/names.ts";
import type { TlsEvent } from "../session/tls/tls-events.ts";
import type { FrameListing } from "./frame-listing.ts";
import { isoInstant } from "./iso-instant.ts";
import { jsonText } from "./json-text.ts";
import { shownFields, withoutQuery } from "./shown-fields.ts";

/**
 * What was said as JSON in pieces: `schema/frames-1.schema.json` describes the whole. `direction` 0 is from the end
 * that sent the flow's first packet. One frame, message or TLS event a line, each list in the order of the capture.
 */
export function* renderFramesJson(listings: Iterable<FrameListing>): Generator<string> {
  yield '{"schema":1,"captures":[';
  let before = "\n";
  for (const listing of listings) {
    const { file, packets, problems, sessions } = listing;
    const connections = sessions.map(({ flow, session }) => connectionOf(flow, session));
    yield `${before}${jsonText({ file, packets, problems, connections }).slice(0, -1)}`;
    before = ",\n";
    yield* list(listing, "frames");
    yield* list(listing, "messages");
    yield* list(listing, "tls");
    yield "}";
  }
  yield "]}\n";
}

function* list({ events, epoch }: FrameListing, which: "frames" | "messages" | "tls"): Generator<string> {
  yield `,"${which}":[`;
  let comma = "\n";
  for (const { stream, event } of events) {
    const document = documentOf(which, event, { stream, epoch });
    if (document === undefined) continue;
    yield comma + jsonText(document);
    comma = ",\n";
  }
  yield "]";
}

interface Place {
  readonly stream: number;
  readonly epoch: Instant;
}

function documentOf(
  which: "frames" | "messages" | "tls",
  event: Frame | HttpMessage | TlsEvent,
  place: Place,
): object | undefined {
  switch (event.kind) {
    case "http2-frame":
      return which === "frames" ? frameDocument(event, place) : undefined;
    case "http1-message":
      return which === "messages" ? messageDocument(event, place) : undefined;
    case "tls-record":
    case "tls-message":
    case "tls-alert":
      return which === "tls" ? tlsDocument(event, place) : undefined;
  }
}

const seen = (event: { packet: number; time: number; direction: 0 | 1 }, { stream, epoch }: Place): object => ({
  packet: event.packet,
  at: isoInstant(instantOf(epoch, event.time)),
  stream,
  direction: event.direction,
});

function frameDocument(frame: Frame, place: Place): object {
  const { type, streamId, flags, length, body, fields, windows } = frame;
  return {
    ...seen(frame, place),
    type,
    name: frameTypeName(type),
    streamId,
    flags,
    length,
    ...bodyDocument(body),
    ...(fields !== undefined && { headers: shownFields(fields.fields) }),
    ...(windows !== undefined && { windows }),
  };
}

function bodyDocument(body: Frame["body"]): object {
  switch (body.kind) {
    case "goaway": {
      const { lastStreamId, errorCode, debugData } = body;
      const debug = String.fromCharCode(...debugData);
      return {
        lastStreamId,
        errorCode,
        errorName: errorCodeName(errorCode),
        ...(debug !== "" && { debugData: debug }),
      };
    }
    case "rst-stream":
      return { errorCode: body.errorCode, errorName: errorCodeName(body.errorCode) };
    case "settings":
      return { ack: body.ack, settings: body.settings.map(([id, value]) => ({ id, name: settingName(id), value })) };
    case "ping":
      return { ack: body.ack, opaque: body.opaque };
    case "window-update":
      return { increment: body.increment };
    case "push-promise":
      return { promisedStreamId: body.promised };
    case "priority":
      return { dependsOn: body.dependsOn, weight: body.weight, exclusive: body.exclusive };
    case "data":
      return body.padding > 0 ? { padding: body.padding } : {};
    case "malformed":
      return { malformed: { offset: body.offset, expected: body.expected } };
    case "missing":
      return { notCaptured: true };
    case "headers":
    case "continuation":
    case "unknown":
      return {};
  }
}

function messageDocument(message: HttpMessage, place: Place): object {
  const { head, framing, bodyBytes, complete, persistent, keepAlive, unanswered, lastPacket } = message;
  return {
    ...seen(message, place),
    lastPacket,
    ...(head.kind === "request"
      ? { method: head.method, target: withoutQuery(head.target), pipelined: unanswered > 0 }
      : { status: head.status, reason: head.reason }),
    version: `1.${head.minor}`,
    headers: shownFields(head.fields),
    framing,
    bodyBytes,
    complete,
    persistent,
    ...(keepAlive !== undefined && { keepAlive }),
  };
}

function tlsDocument(event: TlsEvent, place: Place): object {
  switch (event.kind) {
    case "tls-record": {
      const { contentType, version, length, state, inner } = event;
      const what = { record: contentTypeName(contentType), contentType, version: versionName(version), length, state };
      return { ...seen(event, place), ...what, ...(inner !== undefined && { inner }) };
    }
    case "tls-alert":
      return {
        ...seen(event, place),
        alert: alertName(event.description),
        description: event.description,
        level: event.level,
      };
    case "tls-message": {
      const { hello = {}, type, length } = event;
      const { version, cipherSuite, ...rest } = hello;
      return {
        ...seen(event, place),
        handshake: handshakeName(type),
        type,
        length,
        ...(version !== undefined && { version: versionName(version) }),
        ...(cipherSuite !== undefined && { cipherSuite: cipherSuiteName(cipherSuite) }),
        ...rest,
      };
    }
  }
}

function connectionOf(flow: Flow, { protocols, tls, http2, missing, problems }: SessionSummary): object {
  return {
    stream: flow.stream,
    a: flow.a,
    b: flow.b,
    protocols,
    missing,
    problems,
    ...(tls !== undefined && {
      tls: {
        ...(tls.version !== undefined && { version: versionName(tls.version) }),
        ...(tls.cipherSuite !== undefined && { cipherSuite: cipherSuiteName(tls.cipherSuite) }),
        ...(tls.serverName !== undefined && { serverName: tls.serverName }),
        alpnOffered: tls.alpnOffered,
        ...(tls.alpn !== undefined && { alpn: tls.alpn }),
        decryption: tls.decryption,
        records: tls.records,
        sealed: tls.sealed,
      },
    }),
    ...(http2 !== undefined && {
      http2: {
        ...(http2.client !== undefined && { client: http2.client }),
        frames: http2.frames,
        streams: http2.streams.length + http2.streamsOmitted,
        pings: http2.pings.length,
        pingsUnanswered: http2.pings.filter((ping) => ping.answer === undefined).map((ping) => ping.packet),
        goAways: http2.goAways.map((goAway) => goAway.packet),
      },
    }),
  };
}
