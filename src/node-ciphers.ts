import { createDecipheriv, createHmac } from "node:crypto";
import type { AeadName, Ciphers, SealedAead } from "./session/tls/ciphers.ts";

/** The cryptography of this platform (node:crypto), as the session room asks for it. */
export const nodeCiphers: Ciphers = {
  hmac: (hash, key, data) => new Uint8Array(createHmac(hash, key).update(data).digest()),
  openAead: (sealed) => attempt(() => openAead(sealed)),
  openCbc: (cipher, key, iv, data) =>
    attempt(() => {
      const decipher = createDecipheriv(cipher, key, iv).setAutoPadding(false);
      return joined(decipher.update(data), decipher.final());
    }),
};

function openAead({ cipher, key, nonce, additional, sealed }: SealedAead): Uint8Array {
  const tagLength = cipher.endsWith("ccm-8") ? 8 : 16;
  const text = sealed.subarray(0, sealed.length - tagLength);
  const decipher = createDecipheriv(nameOf(cipher), key, nonce, { authTagLength: tagLength });
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
  decipher.setAAD(additional, { plaintextLength: text.length });
  return joined(decipher.update(text), decipher.final());
}

/** The eight-byte tag is an option here, not a cipher. ("aes-128-gcm" stands for every AEAD in Node's types.) */
const nameOf = (cipher: AeadName): "aes-128-gcm" => cipher.replace(/-8$/, "") as "aes-128-gcm";

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  b.length === 0 ? new Uint8Array(a.buffer, a.byteOffset, a.byteLength) : new Uint8Array(Buffer.concat([a, b]));

/** node:crypto says by an exception what does not fit; the words could hold nothing that helps. */
function attempt(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
