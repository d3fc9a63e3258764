import { readEndpoint } from "../../log/read-endpoint.ts";
import { type FoundLine, linesThat, localOf, remoteOf } from "../log-lines.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import type { Variant } from "./mismatch.ts";

/** What a line says of two ends that do not speak the same protocol. */
export interface ToldMismatch {
  readonly variant: Variant;
  readonly confidence: Confidence;
}

/** Words of programs, measured with nginx 1.22, HAProxy 2.6, Go 1.19, Node 24, Python 3.11, curl 7.88, or read in their sources. */
const WORDS: readonly (readonly [Variant, Confidence, RegExp])[] = [
  [
    "proxy-header-missing",
    "certain",
    /broken header: "[\s\S]{0,4000}(?:while reading PROXY protocol)?|does not look like a PROXY protocol header|Missing PROXY protocol header|proxyproto: .{0,80}not present/i,
  ],
  [
    "proxy-header-unexpected",
    "certain",
    /invalid (?:method|request) .{0,80}request: "(?:PROXY (?:TCP4|TCP6|UNKNOWN)|\\x0D\\x0A\\x0D\\x0A\\x00)|malformed HTTP request "PROXY /i,
  ],
  [
    "tls-to-plain-http",
    "certain",
    /server gave HTTP response to HTTPS client|invalid (?:method|request) .{0,80}request: "\\x16\\x03|Unsupported or unrecognized SSL message|plaintext connection\?|malformed HTTP request "\\x16\\x03/i,
  ],
  ["tls-to-plain-http", "likely", /wrong[ _]version[ _]number/i],
  [
    "http2-to-http1",
    "certain",
    /invalid (?:method|request) .{0,80}request: "PRI \* HTTP\/2\.0|frame header looked like an HTTP\/1\.1 header|while we expected SETTINGS frame|HTTP\/1\.x 400 .{0,40}PRI \*/i,
  ],
  [
    "http1-to-http2",
    "certain",
    /invalid connection preface while processing HTTP\/2|bad client magic byte string|bogus greeting "(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT) |malformed HTTP response "\\x00\\x00/i,
  ],
  [
    "plain-http-to-tls",
    "certain",
    /client sent (?:an |plain )?HTTP request to (?:an )?HTTPS|plain HTTP request was sent to HTTPS port|SSL routines:[\w:]{0,60}:https?[ _](?:proxy[ _])?request|ERR_SSL_HTTPS?_(?:PROXY_)?REQUEST|malformed HTTP response "\\x15\\x03/i,
  ],
  ["plain-http-to-tls", "likely", /first record does not look like a TLS handshake/i],
];

/** Lines that name a mismatch of protocols. */
export const linesOnMismatch: (scene: Scene) => readonly FoundLine<ToldMismatch>[] = remember((scene: Scene) =>
  linesThat(scene, (raw, entry) => {
    // nginx writes what it got in hexadecimal, but not within JSON.
    const text = raw.replaceAll("\x16\x03", "\\x16\\x03");
    const found = WORDS.find(([, , words]) => words.test(text));
    if (found === undefined) return undefined;
    const [variant, confidence] = found;
    const from = /TLS handshake error from (\S{3,80}): |reading preface from client (\S{3,80}): /.exec(text);
    const client = readEndpoint(from?.[1] ?? from?.[2] ?? "");
    const served = client !== undefined || entry.program === "haproxy" || entry.program === "nginx";
    return {
      said: { variant, confidence },
      named: served
        ? { client: client ?? remoteOf(entry), server: undefined }
        : { client: localOf(entry), server: remoteOf(entry) },
    };
  }).slice(0, MOST_LINES),
);

/** Lines looked at; more of the same tell nothing new. */
const MOST_LINES = 2000;
