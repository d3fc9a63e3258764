import type { Nanoseconds } from "../../net/time.ts";
import type { Direction } from "../payload/chunk.ts";

interface Seen {
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly direction: Direction;
}

/** A TLS record (RFC 8446 §5.1). */
export interface TlsRecord extends Seen {
  readonly kind: "tls-record";
  readonly contentType: number;
  readonly version: number;
  /** Length of what is behind the header. */
  readonly length: number;
  /** `sealed`: protected and not opened. */
  readonly state: "plain" | "opened" | "sealed";
  /** What was inside, when it was opened. */
  readonly inner: { readonly contentType: number; readonly length: number } | undefined;
}

/** A handshake message that could be read. Text is not safe to print. */
export interface TlsMessage extends Seen {
  readonly kind: "tls-message";
  readonly type: number;
  readonly length: number;
  /** Of a hello: what it says. Protocols of a ClientHello are offered, of a ServerHello or EncryptedExtensions chosen. */
  readonly hello?: {
    readonly version?: number;
    readonly serverName?: string;
    readonly alpn?: readonly string[];
    readonly cipherSuite?: number;
    readonly retry?: true;
  };
}

/** An alert that could be read (RFC 8446 §6). */
export interface TlsAlert extends Seen {
  readonly kind: "tls-alert";
  readonly level: "warning" | "fatal" | "unknown";
  readonly description: number;
}

export type TlsEvent = TlsRecord | TlsMessage | TlsAlert;

/**
 * What came of decrypting: `opened`; `no-secret` no key log entry; `unsupported` a suite or compression that is
 * not decrypted; `wrong-secret` the secret opens nothing; `no-hello` the handshake was not captured; `none`
 * nothing was protected.
 */
export type Decryption = "none" | "opened" | "no-secret" | "unsupported" | "wrong-secret" | "no-hello";

/** A TLS connection as a whole. Text is not safe to print. */
export interface TlsSummary {
  readonly client: Direction | undefined;
  readonly version: number | undefined;
  readonly cipherSuite: number | undefined;
  readonly serverName: string | undefined;
  readonly alpnOffered: readonly string[];
  readonly alpn: string | undefined;
  readonly decryption: Decryption;
  readonly records: number;
  /** Protected records that were not opened. */
  readonly sealed: number;
}
