import { type Protection, protectionOf } from "./cipher-suites.ts";
import type { Ciphers } from "./ciphers.ts";
import type { ClientHello, ServerHello } from "./hello.ts";
import type { KeyLog } from "./key-log.ts";
import { prf } from "./key-schedule.ts";
import { TLS_1_2 } from "./names.ts";
import { openerOfAead12, openerOfCbc, type RecordOpener, type WriteKeys } from "./record-opener.ts";

export interface Openers {
  readonly client: RecordOpener;
  readonly server: RecordOpener;
}

/** The master secret of a TLS 1.2 connection: logged, or that of the session it resumes. */
export function masterSecret(keys: KeyLog, client: ClientHello, server: ServerHello): Uint8Array | undefined {
  return (
    keys.secret("CLIENT_RANDOM", client.random) ??
    (same(client.sessionId, server.sessionId) ? keys.session(server.sessionId) : undefined) ??
    keys.session(client.ticket)
  );
}

/**
 * The master secret from the premaster secret of an RSA key exchange (RFC 5246 §8.1). Undefined with
 * an extended master secret (RFC 7627), which needs every byte of the handshake.
 */
export function masterFromPremaster(
  ciphers: Ciphers,
  premaster: Uint8Array,
  client: ClientHello,
  server: ServerHello,
): Uint8Array | undefined {
  const hash = prfHash(server);
  if (hash === undefined || server.extendedMasterSecret) return undefined;
  const seed = [client.random, server.random];
  return prf(ciphers, { hash, secret: premaster, label: "master secret", seed, length: 48 });
}

/** What opens both directions (RFC 5246 §6.3); undefined for a suite that is not decrypted. */
export function openersOf12(
  ciphers: Ciphers,
  master: Uint8Array,
  client: ClientHello,
  server: ServerHello,
): Openers | undefined {
  const protection = protectionOf(server.cipherSuite);
  const hash = prfHash(server);
  if (protection === undefined || hash === undefined || server.compression !== 0) return undefined;
  const macLength = protection.kind === "cbc" ? protection.macLength : 0;
  const ivLength = protection.kind === "cbc" ? protection.block : protection.cipher === "chacha20-poly1305" ? 12 : 4;
  const length = 2 * (macLength + protection.keyLength + ivLength);
  const seed = [server.random, client.random];
  const block = prf(ciphers, { hash, secret: master, label: "key expansion", seed, length });
  const part = (from: number, size: number): Uint8Array => block.subarray(from, from + size);
  const keysAt = (side: 0 | 1): WriteKeys => ({
    mac: part(side * macLength, macLength),
    key: part(2 * macLength + side * protection.keyLength, protection.keyLength),
    iv: part(2 * (macLength + protection.keyLength) + side * ivLength, ivLength),
  });
  return {
    client: opener(ciphers, protection, keysAt(0), server),
    server: opener(ciphers, protection, keysAt(1), server),
  };
}

function opener(ciphers: Ciphers, protection: Protection, keys: WriteKeys, server: ServerHello): RecordOpener {
  switch (protection.kind) {
    case "aead":
      return openerOfAead12(ciphers, protection.cipher, keys);
    case "cbc":
      return openerOfCbc(ciphers, protection, keys, server);
  }
}

function prfHash(server: ServerHello): "sha256" | "sha384" | "md5-sha1" | undefined {
  if (server.version < TLS_1_2) return "md5-sha1";
  return protectionOf(server.cipherSuite)?.prf === "sha384" ? "sha384" : "sha256";
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
