/**
 * The cryptography that decryption needs. Rooms without input and output own none: whoever calls
 * passes the platform's in. Nothing here throws; what cannot be opened is `undefined`.
 */
export interface Ciphers {
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Opens what an AEAD sealed; undefined when the tag does not fit. */
  openAead(sealed: SealedAead): Uint8Array | undefined;
  /** Undoes CBC, padding and all; undefined when the length is no multiple of the block. */
  openCbc(cipher: CbcName, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array | undefined;
}

export type HashName = "md5" | "sha1" | "sha256" | "sha384";

export type AeadName =
  | "aes-128-gcm"
  | "aes-256-gcm"
  | "aes-128-ccm"
  | "aes-256-ccm"
  | "aes-128-ccm-8"
  | "aes-256-ccm-8"
  | "chacha20-poly1305";

export type CbcName = "aes-128-cbc" | "aes-256-cbc" | "camellia-128-cbc" | "camellia-256-cbc" | "des-ede3-cbc";

export interface SealedAead {
  readonly cipher: AeadName;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly additional: Uint8Array;
  /** Ciphertext with the tag at its end. */
  readonly sealed: Uint8Array;
}
