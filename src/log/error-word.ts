import type { ErrorWord } from "./content.ts";

/**
 * The kind of failure that an error text tells, across languages; undefined when it tells none about
 * connections. The order matters: "tls handshake timeout" is a time-out, "server sent GOAWAY and closed"
 * a GOAWAY. klog's list of command-line flags (`FLAG: --goaway-chance="0"`) tells none. Strings measured with Go 1.19, Node 20 and 24, Python 3.11, Java 17, curl 7.88, nginx 1.22,
 * or read in the programs' sources.
 */
export function errorWord(text: string): ErrorWord | undefined {
  if (!ANY.test(text) || text.startsWith("FLAG: ")) return undefined;
  for (const [word, pattern] of WORDS) if (pattern.test(text)) return word;
  return undefined;
}

const WORDS: readonly (readonly [ErrorWord, RegExp])[] = [
  [
    "lost-ping",
    /client connection lost|keepalive ping failed|ping timeout|keepalive watchdog|timeout waiting for PING/i,
  ],
  ["goaway", /goaway|enhance_your_calm|too_many_pings|connection is draining|server is draining/i],
  ["table-full", /nf_conntrack: table full/i],
  ["no-free-port", /cannot assign requested address|EADDRNOTAVAIL|only one usage of each socket address/i],
  ["stream-refused", /REFUSED_STREAM/i],
  [
    "timed-out",
    // Not the bare word: URLs (`?timeout=10s`), flags and settings are full of it.
    /timed[ -]?out|deadline exceeded|ETIMEDOUT|_TIMEOUT\b|Timeout(?:Exception|Error)|DeadlineExceeded|TaskCanceledException|i\/o timeout|(?:handshake|connect|connection|read|write|request|response|idle|gateway|socket) time-?out\b(?![="'])|timeout (?:awaiting|waiting|exceeded|expired|was reached|while|error|of \d+ ?m?s exceeded)|ORA-12170/i,
  ],
  ["refused", /connection refused|ECONNREFUSED|actively refused|Couldn't connect to server|net\.ConnectException/i],
  ["unreachable", /no route to host|EHOSTUNREACH|ENETUNREACH|(?:network|host) is unreachable/i],
  [
    "prohibited",
    /admin(?:istratively)? prohibited|ENETDOWN|EPERM: operation not permitted|connect: operation not permitted/i,
  ],
  // Node gives both ECONNRESET and these words for a FIN.
  ["end-of-file", /socket hang up|other side closed/i],
  [
    "tls",
    /\btls: |x509: |ssl[_: ]+(?:error|alert|routines|certificate problem|connect)|certificate (?:has expired|verify failed)|handshake (?:failure|error)|SSLHandshakeException|SSLError|CERT_HAS_EXPIRED|bad record mac|unexpected eof while reading|EPROTO|AuthenticationException: The remote certificate/i,
  ],
  [
    "stream-reset",
    /stream error|RST_STREAM|stream was reset|stream \d+ was (?:not closed cleanly|reset)|ERR_HTTP2_STREAM_ERROR/i,
  ],
  ["reset", /reset by peer|connection reset|ECONNRESET|forcibly closed|ConnectionResetError|connection was reset/i],
  ["broken-pipe", /broken pipe|EPIPE|BrokenPipeError/i],
  [
    "closed-locally",
    /use of closed network connection|server closed idle connection|socket closed|Connection pool shut down|operation was aborted|context canceled|AbortError/i,
  ],
  [
    "end-of-file",
    /\bEOF\b|EOFException|EOFError|socket hang up|other side closed|UND_ERR_SOCKET|prematurely closed|closed prematurely|ended prematurely|premature end|PrematureCloseException|RemoteDisconnected|Remote end closed connection|Server disconnected|ServerDisconnectedError|empty reply from server|unexpected end of (?:stream|file)|failed to respond|closed before message completed|IncompleteRead|IncompleteMessage|peer closed connection|transport is closing|header parser received no bytes|connection termination|Network closed for unknown reason|Connection dropped|bytes remaining to read|Communications link failure|\bterminated\b$/i,
  ],
];

/** One test for the many lines that speak of none of these. */
const ANY =
  /clos|reset|refus|time[d -]*out|timeout|deadline|EOF|end of (?:stream|file)|pipe|EPIPE|ECONN|ETIME|EHOST|ENET|EADDR|EPROTO|EPERM|UND_ERR|hang up|lost|ping|goaway|calm|drain|unreachable|no route|assign|usage of|prohibit|permitted|tls|ssl|x509|certificate|handshake|mac\b|stream|abort|cancel|prematur|Incomplete|disconnect|empty reply|respond|terminat|dropped|remaining|link failure|table full|no bytes|shut down|Couldn't connect|ConnectException|ORA-12170/i;
