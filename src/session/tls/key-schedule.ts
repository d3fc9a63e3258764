import { concat } from "../payload/concat.ts";
import type { Ciphers, HashName } from "./ciphers.ts";

/** HKDF-Expand-Label of TLS 1.3 with an empty context (RFC 8446 §7.1, RFC 5869 §2.3). */
export function expandLabel(
  ciphers: Ciphers,
  { hash, secret, label, length }: { hash: HashName; secret: Uint8Array; label: string; length: number },
): Uint8Array {
  const name = ascii(`tls13 ${label}`);
  const info = concat([Uint8Array.of(length >> 8, length & 0xff, name.length), name, Uint8Array.of(0)]);
  const parts: Uint8Array[] = [];
  let last: Uint8Array = new Uint8Array(0);
  for (let have = 0; have < length; have += last.length) {
    last = ciphers.hmac(hash, secret, concat([last, info, Uint8Array.of(parts.length + 1)]));
    parts.push(last);
  }
  return concat(parts).subarray(0, length);
}

export interface PrfInput {
  /** The hash of TLS 1.2's PRF; "md5-sha1" for the PRF of TLS 1.0 and 1.1 (RFC 2246 §5). */
  readonly hash: HashName | "md5-sha1";
  readonly secret: Uint8Array;
  readonly label: string;
  readonly seed: readonly Uint8Array[];
  readonly length: number;
}

/** The pseudorandom function of TLS 1.2 and before (RFC 5246 §5). */
export function prf(ciphers: Ciphers, { hash, secret, label, seed, length }: PrfInput): Uint8Array {
  const whole = concat([ascii(label), ...seed]);
  if (hash !== "md5-sha1") return pHash(ciphers, hash, secret, whole, length);
  const half = Math.ceil(secret.length / 2);
  const one = pHash(ciphers, "md5", secret.subarray(0, half), whole, length);
  const two = pHash(ciphers, "sha1", secret.subarray(secret.length - half), whole, length);
  return one.map((byte, i) => byte ^ (two[i] ?? 0));
}

function pHash(ciphers: Ciphers, hash: HashName, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let a = seed;
  for (let have = 0; have < length; ) {
    a = ciphers.hmac(hash, secret, a);
    const part = ciphers.hmac(hash, secret, concat([a, seed]));
    parts.push(part);
    have += part.length;
  }
  return concat(parts).subarray(0, length);
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
