import { printable } from "../net/printable.ts";
import type { SessionEvent } from "../session/conversation.ts";
import type { HttpMessage } from "../session/http1/message.ts";
import type { Frame } from "../session/http2/frame.ts";
import { errorCodeName, flagNames, frameTypeName, settingName } from "../session/http2/names.ts";
import { cipherSuiteName } from "../session/tls/cipher-suites.ts";
import { alertName, contentTypeName, handshakeName, versionName } from "../session/tls/names.ts";
import type { TlsMessage } from "../session/tls/tls-events.ts";
import { shownFields, withoutQuery } from "./shown-fields.ts";
import { count, grouped } from "./verdict.ts";

/** An event in words, safe to print: what it is, and what it says. */
export function wordsOf(event: SessionEvent): { readonly what: string; readonly says: string } {
  switch (event.kind) {
    case "http2-frame":
      return { what: frameTypeName(event.type), says: frameSays(event) };
    case "http1-message":
      return { what: "HTTP", says: messageSays(event) };
    case "tls-message":
      return { what: "TLS", says: tlsMessageSays(event) };
    case "tls-alert":
      return { what: "TLS alert", says: `${event.level} ${alertName(event.description)}` };
    case "tls-record": {
      const inner = event.inner === undefined ? "" : ` of ${count(event.inner.length, "byte")}`;
      const within = event.inner === undefined ? "" : `, inside: ${contentTypeName(event.inner.contentType)}${inner}`;
      const says = `${contentTypeName(event.contentType)} record, ${count(event.length, "byte")}, ${event.state}${within}`;
      return { what: "TLS", says };
    }
  }
}

function frameSays(frame: Frame): string {
  const on = frame.streamId === 0 ? [] : [`stream ${frame.streamId}`];
  const flags = flagNames(frame.type, frame.flags).filter((name) => name !== "END_HEADERS");
  return [...on, ...bodySays(frame), ...fieldsSay(frame), ...flags].join(", ");
}

function bodySays({ body, length, windows, type }: Frame): string[] {
  switch (body.kind) {
    case "data": {
      const padding = body.padding > 0 ? [`${body.padding} of padding`] : [];
      const stuck = windows === undefined ? undefined : Math.min(windows.connection, windows.stream);
      return [count(length, "byte"), ...padding, ...(stuck !== undefined && stuck <= 0 ? ["window used up"] : [])];
    }
    case "rst-stream":
      return [errorCodeName(body.errorCode)];
    case "settings":
      return body.settings.map(([id, value]) => `${settingName(id)} ${value}`);
    case "push-promise":
      return [`promises stream ${body.promised}`];
    case "ping":
      return [body.opaque];
    case "goaway": {
      const debug = printable(String.fromCharCode(...body.debugData.subarray(0, 200)));
      const last = `last stream ${body.lastStreamId}`;
      return [last, errorCodeName(body.errorCode), ...(debug === "" ? [] : [`"${debug}"`])];
    }
    case "window-update":
      return [`${grouped(body.increment)} more`];
    case "priority":
      return [`depends on ${body.dependsOn}`, `weight ${body.weight}`];
    case "malformed":
      return [`malformed at byte ${body.offset}: expected ${body.expected}`];
    case "missing":
      return [`${count(length, "byte")} of which some were not captured`];
    case "unknown":
      return [count(length, "byte"), ...(type > 0x10 ? ["of no known type"] : [])];
    case "headers":
    case "continuation":
      return [];
  }
}

function fieldsSay({ fields }: Frame): string[] {
  if (fields === undefined) return [];
  const shown = new Map(shownFields(fields.fields).map(({ name, value }) => [name, printable(value)]));
  const of = (name: string): string[] => (shown.has(name) ? [shown.get(name) ?? ""] : []);
  const request = [...of(":method"), ...of(":path")].join(" ");
  const grpc = of("grpc-status").map((status) => `grpc-status ${status}`);
  return [...(request === "" ? [] : [request]), ...of(":status"), ...grpc];
}

function messageSays({ head, bodyBytes, complete, persistent, keepAlive, unanswered }: HttpMessage): string {
  const start =
    head.kind === "request"
      ? `${printable(head.method)} ${printable(withoutQuery(head.target))} HTTP/1.${head.minor}`
      : `HTTP/1.${head.minor} ${head.status} ${printable(head.reason)}`.trimEnd();
  const told = [start];
  if (bodyBytes > 0) told.push(count(bodyBytes, "byte"));
  if (keepAlive?.timeout !== undefined) told.push(`keep-alive ${keepAlive.timeout} s`);
  if (keepAlive?.max !== undefined) told.push(`${keepAlive.max} requests more`);
  if (!persistent) told.push("closes");
  if (unanswered > 0) told.push(`pipelined behind ${unanswered}`);
  if (!complete) told.push("not whole");
  return told.join(", ");
}

function tlsMessageSays({ type, hello }: TlsMessage): string {
  const told = [handshakeName(type)];
  if (hello?.retry) told.push("retry");
  if (hello?.version !== undefined) told.push(versionName(hello.version));
  if (hello?.cipherSuite !== undefined) told.push(cipherSuiteName(hello.cipherSuite));
  if (hello?.serverName !== undefined) told.push(printable(hello.serverName));
  if (hello?.alpn !== undefined && hello.alpn.length > 0) told.push(`alpn ${printable(hello.alpn.join(" "))}`);
  return told.join(", ");
}
