import type { ProblemTally } from "../../net/problem.ts";
import { type Direction, other } from "../payload/chunk.ts";
import type { Ciphers } from "./ciphers.ts";
import {
  type ClientHello,
  readClientHello,
  readEncryptedExtensions,
  readServerHello,
  readTicket,
  type ServerHello,
} from "./hello.ts";
import type { KeyLog } from "./key-log.ts";
import { masterFromPremaster, masterSecret, openersOf12 } from "./keys-12.ts";
import { openerOfDirection13 } from "./keys-13.ts";
import {
  CLIENT_HELLO,
  CLIENT_KEY_EXCHANGE,
  ENCRYPTED_EXTENSIONS,
  NEW_SESSION_TICKET,
  SERVER_HELLO,
  TLS_1_3,
} from "./names.ts";
import type { RecordOpener } from "./record-opener.ts";
import type { TlsMessage } from "./tls-events.ts";

/** What opens the records of a direction: now, or from the next ChangeCipherSpec on. */
export type Openers = { readonly opener: RecordOpener | undefined } | { readonly next: RecordOpener | undefined };

export interface HandshakeMeans {
  readonly ciphers: Ciphers;
  readonly keys: KeyLog;
  readonly problems: ProblemTally;
  readonly onOpeners: (direction: Direction, openers: Openers) => void;
}

/** Follows the handshake of a TLS connection and finds the keys that it leads to. */
export class Handshake {
  client: Direction | undefined;
  clientHello: ClientHello | undefined;
  /** The answer to `clientHello`; undefined until it comes. */
  serverHello: ServerHello | undefined;
  /** The last answer, also while a renegotiation is under way. */
  negotiated: ServerHello | undefined;
  /** The application protocol agreed on. */
  alpn: string | undefined;
  #master: Uint8Array | undefined;
  readonly #means: HandshakeMeans;

  constructor(means: HandshakeMeans) {
    this.#means = means;
  }

  /** Takes a message in; gives what it says when it is a hello. */
  message(direction: Direction, type: number, body: Uint8Array): TlsMessage["hello"] {
    switch (type) {
      case CLIENT_HELLO:
        return this.#onClientHello(direction, body);
      case SERVER_HELLO:
        return this.#onServerHello(direction, body);
      case ENCRYPTED_EXTENSIONS: {
        const chosen = readEncryptedExtensions(body);
        if ("kind" in chosen) return this.#malformed("encrypted_extensions");
        this.alpn ??= chosen[0];
        return { alpn: chosen };
      }
      case CLIENT_KEY_EXCHANGE:
        this.#onKeyExchange(direction, body);
        return undefined;
      case NEW_SESSION_TICKET:
        this.#onTicket(body);
        return undefined;
    }
    return undefined;
  }

  #onClientHello(direction: Direction, body: Uint8Array): TlsMessage["hello"] {
    const hello = readClientHello(body);
    if (hello.kind === "malformed") return this.#malformed("client_hello");
    this.client = direction;
    this.clientHello = hello;
    this.serverHello = undefined;
    const { version, serverName, alpn } = hello;
    return { version, alpn, ...(serverName !== undefined && { serverName }) };
  }

  #onServerHello(direction: Direction, body: Uint8Array): TlsMessage["hello"] {
    const hello = readServerHello(body);
    if (hello.kind === "malformed") return this.#malformed("server_hello");
    const { version, alpn, cipherSuite } = hello;
    if (hello.isRetry) return { version, cipherSuite, retry: true };
    this.serverHello = this.negotiated = hello;
    this.alpn = alpn[0] ?? this.alpn;
    const client = this.clientHello;
    if (client !== undefined) {
      if (version === TLS_1_3) this.#keys13(direction, client, hello);
      else this.#keys12(masterSecret(this.#means.keys, client, hello), direction);
    }
    return { version, alpn, cipherSuite };
  }

  #keys13(server: Direction, { random }: ClientHello, { cipherSuite }: ServerHello): void {
    const { ciphers, keys } = this.#means;
    const of = (side: "client" | "server"): RecordOpener | undefined =>
      openerOfDirection13(ciphers, keys, { suite: cipherSuite, side, clientRandom: random });
    this.#means.onOpeners(server, { opener: of("server") });
    this.#means.onOpeners(other(server), { opener: of("client") });
  }

  /** Keys of TLS 1.2 come into use with ChangeCipherSpec. */
  #keys12(master: Uint8Array | undefined, server: Direction): void {
    const [client, hello] = [this.clientHello, this.serverHello];
    this.#master = master;
    if (master === undefined || client === undefined || hello === undefined) return;
    const openers = openersOf12(this.#means.ciphers, master, client, hello);
    this.#means.keys.remember(hello.sessionId, master);
    this.#means.onOpeners(server, { next: openers?.server });
    this.#means.onOpeners(other(server), { next: openers?.client });
  }

  /** RSA key exchange: the key log may name the encrypted premaster secret (RFC 5246 §7.4.7.1). */
  #onKeyExchange(client: Direction, body: Uint8Array): void {
    const [hello, server] = [this.clientHello, this.serverHello];
    if (hello === undefined || server === undefined || this.#master !== undefined) return;
    const premaster = this.#means.keys.premaster(body.subarray(2));
    if (premaster === undefined) return;
    this.#keys12(masterFromPremaster(this.#means.ciphers, premaster, hello, server), other(client));
  }

  #onTicket(body: Uint8Array): void {
    if (this.#master === undefined || this.serverHello?.version === TLS_1_3) return;
    const ticket = readTicket(body);
    if (!("kind" in ticket)) this.#means.keys.remember(ticket, this.#master);
  }

  #malformed(what: string): undefined {
    this.#means.problems.add("tls-malformed", `TLS messages that contradict themselves: ${what}`);
    return undefined;
  }
}
