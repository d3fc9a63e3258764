import type { Symptom } from "../symptom.ts";
import { AT_CLIENT, AT_SERVER, WITH_TLS } from "./captures.ts";
import { causes } from "./telling-apart.ts";

const issue = (thread: string): string => `https://github.com/${thread}`;

/** FIN in place of a response, in each client's words: one mechanism, many messages. */
const CLOSED_EARLY = causes("keep-alive-race", "process-gone", "accepted-then-abandoned", "terminated-too-early");

/** What clients in Node, Python, Java, .NET, Rust and curl print. */
export const CLIENT_SYMPTOMS: readonly Symptom[] = [
  {
    id: "node-socket-hang-up",
    title: "Error: socket hang up (ECONNRESET)",
    patterns: [/socket hang up/i],
    meaning:
      "The other end closed with FIN before the response. Node gives the code ECONNRESET for this too; only the words differ.",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [
      issue("nodejs/node/issues/39810"),
      issue("axios/axios/issues/2958"),
      issue("node-modules/agentkeepalive/issues/23"),
    ],
  },
  {
    id: "undici-other-side-closed",
    title: "TypeError: fetch failed, SocketError: other side closed",
    patterns: [
      /SocketError: other side closed/i,
      /other side closed/i,
      /UND_ERR_SOCKET/,
      /TypeError: fetch failed/,
      /TypeError: terminated/,
    ],
    meaning:
      "The other end closed with FIN before the response (terminated: in the middle of it). The cause printed below says which.",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [
      issue("nodejs/undici/issues/583"),
      issue("nodejs/undici/issues/3300"),
      issue("nodejs/undici/issues/5450"),
    ],
  },
  {
    id: "node-http2-goaway",
    title: "ERR_HTTP2_GOAWAY_SESSION: new streams cannot be created after receiving a GOAWAY",
    patterns: [
      /ERR_HTTP2_GOAWAY_SESSION/,
      /New streams cannot be created after receiving a GOAWAY/i,
      /ERR_HTTP2_SESSION_ERROR/,
    ],
    meaning: "The session was used again after the server had said that it goes away: it must be retired.",
    causes: causes("goaway-mishandled", "goaway-error"),
    capture: [WITH_TLS],
    sources: [issue("nodejs/undici/issues/5089"), issue("grantila/fetch-h2/issues/19")],
  },
  {
    id: "python-remote-disconnected",
    title: "RemoteDisconnected: Remote end closed connection without response",
    patterns: [/Remote end closed connection without response/i, /RemoteDisconnected/, /Connection aborted\./],
    meaning: "The other end closed with FIN before the response.",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("urllib3/urllib3/issues/1911"), issue("psf/requests/issues/4664")],
  },
  {
    id: "python-server-disconnected",
    title: "ServerDisconnectedError, Server disconnected without sending a response",
    patterns: [/Server disconnected without sending a response/i, /ServerDisconnectedError/, /Server disconnected/],
    meaning: "The other end closed with FIN before the response (aiohttp, httpx).",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("aio-libs/aiohttp/issues/9138"), issue("aio-libs/aiohttp/issues/13283")],
  },
  {
    id: "incomplete-response",
    title: "response cut in the middle (IncompleteRead, Premature end, transfer closed)",
    patterns: [
      /IncompleteRead/,
      /Premature end of (?:Content-Length|chunk)/i,
      /transfer closed with \d+ bytes remaining/i,
      /closed DURING response/i,
      /ChunkedEncodingError/,
      /ClientPayloadError/,
    ],
    meaning: "The response had begun and the connection ended before it was whole.",
    causes: causes("process-gone", "accepted-then-abandoned", "drain-cut-short", "middlebox-reset"),
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("reactor/reactor-netty/issues/1774"), issue("kubernetes/kubernetes/issues/74839")],
  },
  {
    id: "read-timeout-long-call",
    title: "Read timeout on endpoint URL, a call that hangs for minutes",
    patterns: [/Read timeout on endpoint URL/i, /ReadTimeoutError/, /Read timed out/i],
    meaning:
      "The request was sent and nothing came back. A call longer than 350 s through a NAT gateway or balancer loses its way back.",
    causes: causes("silent-idle-drop", "peer-vanished", "dead-pool-entry"),
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("boto/boto3/issues/2510"), issue("aws/aws-cli/issues/5783"), issue("encode/httpx/issues/2975")],
  },
  {
    id: "java-no-http-response",
    title: "NoHttpResponseException: … failed to respond",
    patterns: [/NoHttpResponseException/, /failed to respond/i],
    meaning: "The pooled connection ended with FIN before a byte of the response (Apache HttpClient).",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("apache/httpcomponents-client/pull/175"), issue("ClickHouse/clickhouse-java/pull/760")],
  },
  {
    id: "java-premature-close",
    title: "Connection prematurely closed BEFORE response",
    patterns: [
      /Connection prematurely closed BEFORE response/i,
      /PrematureCloseException/,
      /recvAddress\(\.\.\) failed/i,
    ],
    meaning:
      "The pooled connection ended before the response (Reactor Netty, Spring WebClient). No idle limit is set there by default.",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("reactor/reactor-netty/issues/1774"), issue("reactor/reactor-netty/issues/3175")],
  },
  {
    id: "java-parser-no-bytes",
    title: "HTTP/1.1 header parser received no bytes",
    patterns: [/header parser received no bytes/i, /EOF reached while reading/i, /Unexpected end of file from server/i],
    meaning:
      "The connection ended before the response (java.net.http, HttpURLConnection). The cause below says FIN (EOF) or RST (Connection reset).",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: ["https://bugs.openjdk.org/browse/JDK-8297030"],
  },
  {
    id: "java-goaway",
    title: "java.io.IOException: GOAWAY received",
    patterns: [/GOAWAY received/i],
    meaning: "The server announced its end and the client reported it as a failure.",
    causes: causes("goaway-mishandled", "goaway-error", "drain-cut-short"),
    capture: [WITH_TLS],
    sources: [issue("openjdk/jdk/pull/20442"), issue("apache/maven-resolver/issues/1256")],
  },
  {
    id: "okhttp-unexpected-end",
    title: "unexpected end of stream on …",
    patterns: [/unexpected end of stream/i],
    meaning: "The pooled connection ended before the response (OkHttp).",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("square/okhttp/issues/2738")],
  },
  {
    id: "database-link-failure",
    title: "Communications link failure; the last packet was received … ms ago",
    patterns: [
      /Communications link failure/i,
      /last packet successfully received from the server was/i,
      /Disconnected \(after \d+ms in state UP\)/i,
    ],
    meaning: "A pooled connection was dead when it was used. The age that is printed tells the limit it ran into.",
    causes: causes("silent-idle-drop", "max-lifetime", "process-gone"),
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("brettwooldridge/HikariCP/issues/2259"), issue("confluentinc/librdkafka/pull/3289")],
  },
  {
    id: "dotnet-ended-prematurely",
    title: "The response ended prematurely",
    patterns: [
      /The response ended prematurely/i,
      /Unable to read data from the transport connection/i,
      /forcibly closed by the remote host/i,
    ],
    meaning:
      "The connection ended before the response was whole: by FIN, or by RST where an inner SocketException (104, on Windows 10054) says so.",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("dotnet/runtime/issues/52267"), issue("dotnet/runtime/issues/95516")],
  },
  {
    id: "rust-incomplete-message",
    title: "connection closed before message completed",
    patterns: [/connection closed before message completed/i, /IncompleteMessage/],
    meaning: "The pooled connection ended before the response (hyper, reqwest).",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("hyperium/hyper/issues/2136"), issue("seanmonstar/reqwest/issues/2021")],
  },
  {
    id: "curl-empty-reply",
    title: "curl: (52) Empty reply from server",
    patterns: [/Empty reply from server/i],
    meaning: "The other end closed with FIN before the response.",
    causes: CLOSED_EARLY,
    capture: [AT_CLIENT, AT_SERVER],
    sources: ["https://curl.se/libcurl/c/libcurl-errors.html"],
  },
  {
    id: "curl-stream-not-closed",
    title: "HTTP/2 stream 0 was not closed cleanly",
    patterns: [/stream \d+ was not closed cleanly/i, /EOFError: Connection closed with \d+ active stream/i],
    meaning:
      "The connection ended, or a stream was reset, while it was in use; often after a GOAWAY that the client did not heed.",
    causes: causes("goaway-mishandled", "drain-cut-short", "goaway-error"),
    capture: [WITH_TLS],
    sources: [issue("curl/curl/issues/3750"), issue("curl/curl/issues/8809"), issue("socketry/async-http/pull/245")],
  },
  {
    id: "tls-unexpected-eof",
    title: "SSL routines::unexpected eof while reading",
    patterns: [/unexpected eof while reading/i],
    meaning:
      "The connection ended with FIN and without TLS's close_notify: cut, or closed by a server that does not say goodbye.",
    causes: causes("process-gone", "keep-alive-race", "middlebox-reset"),
    capture: [AT_CLIENT, AT_SERVER],
    sources: [issue("golang/go/issues/45709"), issue("compio-rs/compio/issues/673")],
  },
];
