import { concat } from "../payload/concat.ts";
import type { Protection } from "./cipher-suites.ts";
import type { AeadName, Ciphers } from "./ciphers.ts";
import { TLS_1_1 } from "./names.ts";

/** A protected record: its content type, its version field and what is behind the header. */
export interface SealedRecord {
  readonly type: number;
  readonly version: number;
  readonly body: Uint8Array;
}

/** What was inside: the true content type and the plaintext. */
export interface OpenedRecord {
  readonly type: number;
  readonly plain: Uint8Array;
}

/** Opens the records of one direction under one key. Counts them: the number of a record is part of its protection. */
export interface RecordOpener {
  /** Tries the next number, and with `tries` above 1 the numbers after it (when records were lost). */
  open(record: SealedRecord, tries: number): OpenedRecord | undefined;
  /** A record that the capture does not hold went by. */
  skip(): void;
  /** Bytes of protection in a record, where that is a fixed number. */
  readonly overhead: number | undefined;
}

/** The keys of one direction (RFC 5246 §6.3). */
export interface WriteKeys {
  readonly mac: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

type OpenAt = (record: SealedRecord, number: number) => OpenedRecord | undefined;

function counting(openAt: OpenAt, overhead: number | undefined): RecordOpener {
  let next = 0;
  return {
    overhead,
    open(record, tries) {
      for (let i = 0; i < tries; i++) {
        const opened = openAt(record, next + i);
        if (opened === undefined) continue;
        next += i + 1;
        return opened;
      }
      return undefined;
    },
    skip() {
      next++;
    },
  };
}

/** Records of TLS 1.3 (RFC 8446 §5.2): the content type is the last byte that is not zero. */
export function openerOf13(ciphers: Ciphers, cipher: AeadName, key: Uint8Array, iv: Uint8Array): RecordOpener {
  const tag = tagLength(cipher);
  return counting((record, number) => {
    const { body, type, version } = record;
    if (body.length < tag + 1) return undefined;
    const additional = Uint8Array.of(type, version >> 8, version & 0xff, body.length >> 8, body.length & 0xff);
    const plain = ciphers.openAead({ cipher, key, nonce: mixed(iv, number), additional, sealed: body });
    if (plain === undefined) return undefined;
    let end = plain.length - 1;
    while (end > 0 && plain[end] === 0) end--;
    return { type: plain[end] ?? 0, plain: plain.subarray(0, end) };
  }, tag + 1);
}

/** AEAD records of TLS 1.2: GCM (RFC 5288 §3), CCM (RFC 6655 §3), ChaCha20-Poly1305 (RFC 7905 §2). */
export function openerOfAead12(ciphers: Ciphers, cipher: AeadName, { key, iv }: WriteKeys): RecordOpener {
  const explicit = cipher === "chacha20-poly1305" ? 0 : 8;
  const overhead = explicit + tagLength(cipher);
  return counting((record, number) => {
    const { body, type } = record;
    if (body.length < overhead) return undefined;
    const nonce = explicit === 0 ? mixed(iv, number) : concat([iv, body.subarray(0, explicit)]);
    const additional = pseudoHeader(number, record, body.length - overhead);
    const plain = ciphers.openAead({ cipher, key, nonce, additional, sealed: body.subarray(explicit) });
    return plain === undefined ? undefined : { type, plain };
  }, overhead);
}

/** CBC records (RFC 5246 §6.2.3.2), MAC first or encrypted first (RFC 7366 §3). */
export function openerOfCbc(
  ciphers: Ciphers,
  protection: Protection & { readonly kind: "cbc" },
  keys: WriteKeys,
  { version, encryptThenMac }: { readonly version: number; readonly encryptThenMac: boolean },
): RecordOpener {
  const { cipher, block, mac, macLength } = protection;
  // TLS 1.0 chains: the IV of a record is the last block of the one before (RFC 2246 §6.2.3.2).
  let chained: Uint8Array = keys.iv;
  const explicit = version >= TLS_1_1;
  return counting((record, number) => {
    const tail = encryptThenMac ? macLength : 0;
    const ivLength = explicit ? block : 0;
    const sealed = record.body.subarray(ivLength, record.body.length - tail);
    if (record.body.length < ivLength + tail + block) return undefined;
    const iv = explicit ? record.body.subarray(0, block) : chained;
    const covered = record.body.subarray(0, record.body.length - tail);
    if (encryptThenMac) {
      const expected = ciphers.hmac(mac, keys.mac, concat([pseudoHeader(number, record, covered.length), covered]));
      if (!equal(expected, record.body.subarray(record.body.length - tail))) return undefined;
    }
    const padded = ciphers.openCbc(cipher, keys.key, iv, sealed);
    if (padded === undefined) return undefined;
    const content = padded.length - 1 - (padded[padded.length - 1] ?? 0) - (encryptThenMac ? 0 : macLength);
    if (content < 0) return undefined;
    const plain = padded.subarray(0, content);
    if (!encryptThenMac) {
      const expected = ciphers.hmac(mac, keys.mac, concat([pseudoHeader(number, record, content), plain]));
      if (!equal(expected, padded.subarray(content, content + macLength))) return undefined;
    }
    chained = sealed.slice(-block);
    return { type: record.type, plain };
  }, undefined);
}

const tagLength = (cipher: AeadName): number => (cipher.endsWith("ccm-8") ? 8 : 16);

/** The IV with the record's number mixed in (RFC 8446 §5.3). */
function mixed(iv: Uint8Array, number: number): Uint8Array {
  const nonce = iv.slice();
  const count = numberBytes(number);
  for (let i = 0; i < 8; i++) {
    const at = nonce.length - 8 + i;
    nonce[at] = (nonce[at] ?? 0) ^ (count[i] ?? 0);
  }
  return nonce;
}

/** Number, type, version and length: what a MAC or an AEAD covers besides the content. */
function pseudoHeader(number: number, { type, version }: SealedRecord, length: number): Uint8Array {
  return concat([numberBytes(number), Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff)]);
}

function numberBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(number / 0x1_0000_0000));
  view.setUint32(4, number >>> 0);
  return bytes;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
