/**
 * HTTP/2 frames in the clear, written as words: `h2="preface settings headers:1:GET:/watch:end"`.
 *
 *     preface                      what a client begins with (RFC 9113 §3.4)
 *     settings[:3=100,4=65535]     settings:ack
 *     headers:1[:GET[:/path]][:200][:name=value][:end]      a request, a response, or (neither) trailers
 *     data:1:100[:end]             100 bytes of DATA
 *     rst:5:REFUSED_STREAM         goaway:3[:ENHANCE_YOUR_CALM][:debug=too_many_pings]
 *     ping[:0000000000000001][:ack]                         window:0:65535
 *     raw:type:flags:stream:hex    anything else, numbers in decimal
 *
 * `%20` and the like stand for signs that the notation needs itself. Header fields go without a table
 * (RFC 7541 §6.2.2), so that every block stands for itself.
 */

import { ERROR_CODES } from "../../src/session/http2/names.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** The bytes of the frames that a text names. Throws on a mistake. */
export function framesOf(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== "")
    .flatMap(frameOf);
}

function frameOf(word: string): number[] {
  const [name = "", ...rest] = word.split(":").map(decodeURIComponent);
  switch (name) {
    case "preface":
      return lettersOf(PREFACE);
    case "settings":
      return rest[0] === "ack" ? frame(4, 1, 0, []) : frame(4, 0, 0, settingsOf(rest[0] ?? ""));
    case "headers":
      return frame(1, 4 | endOf(rest), numberOf(rest[0]), fieldsOf(rest.slice(1)).flatMap(literal));
    case "data":
      return frame(0, endOf(rest), numberOf(rest[0]), new Array<number>(numberOf(rest[1])).fill(0x78));
    case "rst":
      return frame(3, 0, numberOf(rest[0]), word32(errorOf(rest[1] ?? "CANCEL")));
    case "ping":
      return frame(6, rest.includes("ack") ? 1 : 0, 0, hexOf(rest.find((r) => r !== "ack") ?? "0000000000000001"));
    case "goaway": {
      const debug = rest.find((r) => r.startsWith("debug="))?.slice(6) ?? "";
      const code = rest.slice(1).find((r) => !r.startsWith("debug="));
      return frame(7, 0, 0, [
        ...word32(numberOf(rest[0])),
        ...word32(errorOf(code ?? "NO_ERROR")),
        ...lettersOf(debug),
      ]);
    }
    case "window":
      return frame(8, 0, numberOf(rest[0]), word32(numberOf(rest[1])));
    case "raw":
      return frame(numberOf(rest[0]), numberOf(rest[1]), numberOf(rest[2]), hexOf(rest[3] ?? ""));
  }
  throw new Error(`unknown HTTP/2 frame ${name}`);
}

/** A frame: length, type, flags, stream, payload (RFC 9113 §4.1). */
function frame(type: number, flags: number, stream: number, payload: readonly number[]): number[] {
  const { length } = payload;
  return [length >> 16, (length >> 8) & 255, length & 255, type, flags, ...word32(stream), ...payload];
}

const endOf = (rest: readonly string[]): number => (rest.at(-1) === "end" ? 1 : 0);

function settingsOf(text: string): number[] {
  return text
    .split(",")
    .filter((pair) => pair !== "")
    .flatMap((pair) => {
      const [id, value] = pair.split("=");
      return [0, numberOf(id), ...word32(numberOf(value))];
    });
}

function fieldsOf(words: readonly string[]): (readonly [name: string, value: string])[] {
  const fields: (readonly [string, string])[] = [];
  for (const word of words) {
    if (/^[A-Z]+$/.test(word)) fields.push([":method", word], [":scheme", "http"]);
    else if (/^\d{3}$/.test(word)) fields.push([":status", word]);
    else if (word.startsWith("/")) fields.push([":path", word]);
    else if (word.includes("=")) fields.push([word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]);
    else if (word !== "end") throw new Error(`unknown header field ${word}`);
  }
  const request = fields.some(([name]) => name === ":method");
  if (request && !fields.some(([name]) => name === ":path")) fields.push([":path", "/"]);
  return fields;
}

/** A literal header field without indexing, name and value as they are (RFC 7541 §6.2.2). */
const literal = ([name, value]: readonly [string, string]): number[] => [0, ...stringOf(name), ...stringOf(value)];

function stringOf(text: string): number[] {
  const { length } = text;
  if (length < 127) return [length, ...lettersOf(text)];
  const rest = length - 127;
  const more: number[] = [];
  let left = rest;
  for (; left > 127; left >>= 7) more.push((left & 127) | 128);
  return [127, ...more, left, ...lettersOf(text)];
}

function errorOf(name: string): number {
  const code = ERROR_CODES.indexOf(name);
  if (code >= 0) return code;
  if (/^\d+$/.test(name)) return Number(name);
  throw new Error(`unknown error code ${name}`);
}

function numberOf(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new Error(`h2= wants a number, not ${text}`);
  return Number(text);
}

function hexOf(text: string): number[] {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw new Error(`h2= wants pairs of hexadecimal digits, not ${text}`);
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

const word32 = (value: number): number[] => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

const lettersOf = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0) & 255);
