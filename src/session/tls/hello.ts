import { ByteReader } from "../byte-reader.ts";
import type { Malformed } from "../malformed.ts";
import { TLS_1_3 } from "./names.ts";

/** What a ClientHello says (RFC 8446 §4.1.2) of what is looked at here. Text is not safe to print. */
export interface ClientHello {
  readonly kind: "client-hello";
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly serverName: string | undefined;
  /** Application protocols offered (RFC 7301). */
  readonly alpn: readonly string[];
  /** The highest version offered. */
  readonly version: number;
  readonly ticket: Uint8Array;
}

export interface ServerHello {
  readonly kind: "server-hello";
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compression: number;
  /** The version chosen. */
  readonly version: number;
  readonly alpn: readonly string[];
  readonly encryptThenMac: boolean;
  readonly extendedMasterSecret: boolean;
  /** RFC 8446 §4.1.3: the random that makes this a HelloRetryRequest. */
  readonly isRetry: boolean;
}

const SERVER_NAME = 0;
const ALPN = 16;
const ENCRYPT_THEN_MAC = 22;
const EXTENDED_MASTER_SECRET = 23;
const SESSION_TICKET = 35;
const SUPPORTED_VERSIONS = 43;
const RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";
const MOST_EXTENSIONS = 256;
/** Of a name (RFC 1035 §2.3.4) this much is kept. */
const LONGEST_NAME = 255;

type Extensions = ReadonlyMap<number, ByteReader>;

export function readClientHello(body: Uint8Array): ClientHello | Malformed {
  const reader = new ByteReader(body);
  const legacy = reader.number(2, "version");
  const random = reader.take(32, "random").slice();
  const sessionId = reader.vector(1, "session id");
  const suites = reader.vector(2, "cipher suites");
  reader.vector(1, "compression methods");
  const extensions = readExtensions(reader);
  if (reader.trouble !== undefined) return reader.trouble;
  const versions = extensions.get(SUPPORTED_VERSIONS)?.vector(1, "versions");
  return {
    kind: "client-hello",
    random,
    sessionId: rest(sessionId),
    cipherSuites: numbers(suites),
    serverName: serverName(extensions.get(SERVER_NAME)),
    alpn: protocols(extensions.get(ALPN)),
    version: Math.max(legacy, ...numbers(versions).filter((version) => version >> 8 === 3)),
    ticket: rest(extensions.get(SESSION_TICKET)),
  };
}

export function readServerHello(body: Uint8Array): ServerHello | Malformed {
  const reader = new ByteReader(body);
  const legacy = reader.number(2, "version");
  const random = reader.take(32, "random").slice();
  const sessionId = rest(reader.vector(1, "session id"));
  const cipherSuite = reader.number(2, "cipher suite");
  const compression = reader.number(1, "compression method");
  const extensions = readExtensions(reader);
  if (reader.trouble !== undefined) return reader.trouble;
  const chosen = extensions.get(SUPPORTED_VERSIONS)?.number(2, "version");
  return {
    kind: "server-hello",
    random,
    sessionId,
    cipherSuite,
    compression,
    version: chosen ?? legacy,
    alpn: protocols(extensions.get(ALPN)),
    encryptThenMac: extensions.has(ENCRYPT_THEN_MAC),
    extendedMasterSecret: extensions.has(EXTENDED_MASTER_SECRET),
    isRetry: chosen === TLS_1_3 && Array.from(random, (b) => b.toString(16).padStart(2, "0")).join("") === RETRY,
  };
}

/** The protocol chosen in EncryptedExtensions (RFC 8446 §4.3.1). */
export function readEncryptedExtensions(body: Uint8Array): readonly string[] | Malformed {
  const reader = new ByteReader(body);
  const extensions = readExtensions(reader);
  return reader.trouble ?? protocols(extensions.get(ALPN));
}

/** The ticket of a NewSessionTicket of TLS 1.2 (RFC 5077 §3.3). */
export function readTicket(body: Uint8Array): Uint8Array | Malformed {
  const reader = new ByteReader(body);
  reader.number(4, "lifetime");
  const ticket = rest(reader.vector(2, "ticket"));
  return reader.trouble ?? ticket;
}

/** Extensions may be absent altogether (RFC 5246 §7.4.1.2). */
function readExtensions(reader: ByteReader): Extensions {
  const found = new Map<number, ByteReader>();
  if (reader.left === 0) return found;
  const list = reader.vector(2, "extensions");
  for (let n = 0; list.left > 0 && n < MOST_EXTENSIONS; n++) {
    const type = list.number(2, "extension type");
    const body = list.vector(2, "extension");
    if (list.trouble === undefined && !found.has(type)) found.set(type, body);
  }
  reader.adopt(list);
  return found;
}

function serverName(extension: ByteReader | undefined): string | undefined {
  if (extension === undefined || extension.left === 0) return undefined;
  const list = extension.vector(2, "server names");
  const type = list.number(1, "name type");
  const name = rest(list.vector(2, "name"));
  return type === 0 && name.length > 0 ? latin1(name.subarray(0, LONGEST_NAME)) : undefined;
}

function protocols(extension: ByteReader | undefined): string[] {
  const list = extension?.vector(2, "protocols");
  const found: string[] = [];
  while (list !== undefined && list.left > 0 && found.length < 32) {
    const name = rest(list.vector(1, "protocol"));
    if (list.trouble === undefined) found.push(latin1(name));
  }
  return found;
}

function numbers(reader: ByteReader | undefined): number[] {
  const found: number[] = [];
  while (reader !== undefined && reader.left >= 2) found.push(reader.number(2, "number"));
  return found;
}

/** What is left, copied so that it outlives the record. */
const rest = (reader: ByteReader | undefined): Uint8Array =>
  reader === undefined ? new Uint8Array(0) : reader.take(reader.left, "rest").slice();

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
