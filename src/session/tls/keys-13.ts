import { protectionOf } from "./cipher-suites.ts";
import type { Ciphers, HashName } from "./ciphers.ts";
import type { KeyLog, SecretLabel } from "./key-log.ts";
import { expandLabel } from "./key-schedule.ts";
import { type OpenedRecord, openerOf13, type RecordOpener, type SealedRecord } from "./record-opener.ts";

/** The secrets of a direction in the order they come into use (RFC 8446 §7.1). */
const SECRETS: Readonly<Record<"client" | "server", readonly SecretLabel[]>> = {
  client: ["CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"],
  server: ["SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"],
};

interface Epoch {
  readonly label: SecretLabel;
  readonly secret: Uint8Array;
  readonly opener: RecordOpener;
}

/**
 * Opens the records of one direction of a TLS 1.3 connection through all its keys. A record that
 * the present key does not open is tried with the next one, so that a lost Finished or KeyUpdate does not
 * end the reading. Undefined when no secret of the direction is known or the suite is not decrypted.
 */
export function openerOfDirection13(
  ciphers: Ciphers,
  keys: KeyLog,
  { suite, side, clientRandom }: { suite: number; side: "client" | "server"; clientRandom: Uint8Array },
): RecordOpener | undefined {
  const protection = protectionOf(suite);
  if (protection?.kind !== "aead") return undefined;
  const { cipher, keyLength, prf: hash } = protection;
  const epochOf = (label: SecretLabel, secret: Uint8Array): Epoch => {
    const key = expandLabel(ciphers, { hash, secret, label: "key", length: keyLength });
    const iv = expandLabel(ciphers, { hash, secret, label: "iv", length: 12 });
    return { label, secret, opener: openerOf13(ciphers, cipher, key, iv) };
  };
  const epochs = SECRETS[side].flatMap((label) => {
    const secret = keys.secret(label, clientRandom);
    return secret === undefined || secret.length !== hashLength(hash) ? [] : [epochOf(label, secret)];
  });
  const [first, ...later] = epochs;
  if (first === undefined) return undefined;
  return new Direction13(first, later, (last) => {
    const secret = expandLabel(ciphers, {
      hash,
      secret: last.secret,
      label: "traffic upd",
      length: last.secret.length,
    });
    return epochOf(last.label, secret);
  });
}

class Direction13 implements RecordOpener {
  readonly overhead: number | undefined;
  #present: Epoch;
  readonly #later: Epoch[];
  /** The key after the last one (RFC 8446 §7.2). */
  readonly #update: (last: Epoch) => Epoch;
  #updated: Epoch | undefined;

  constructor(first: Epoch, later: Epoch[], update: (last: Epoch) => Epoch) {
    this.#present = first;
    this.#later = later;
    this.#update = update;
    this.overhead = first.opener.overhead;
  }

  open(record: SealedRecord, tries: number): OpenedRecord | undefined {
    const opened = this.#present.opener.open(record, tries);
    if (opened !== undefined) return opened;
    for (const [i, epoch] of this.#later.entries()) {
      const found = epoch.opener.open(record, tries);
      if (found === undefined) continue;
      this.#later.splice(0, i + 1);
      this.#present = epoch;
      return found;
    }
    if (!this.#present.label.endsWith("_0")) return undefined;
    this.#updated ??= this.#update(this.#present);
    const found = this.#updated.opener.open(record, tries);
    if (found === undefined) return undefined;
    this.#present = this.#updated;
    this.#updated = undefined;
    return found;
  }

  skip(): void {
    this.#present.opener.skip();
  }
}

const hashLength = (hash: HashName): number => (hash === "sha384" ? 48 : 32);
