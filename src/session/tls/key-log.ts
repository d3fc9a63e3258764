/**
 * Secrets of TLS sessions as clients write them down (SSLKEYLOGFILE; draft-ietf-tls-keylogfile). They
 * are used to decrypt and are never printed: nothing in here gives a secret as text.
 */

/** Labels of lines that are used. */
export type SecretLabel =
  | "CLIENT_RANDOM"
  | "CLIENT_EARLY_TRAFFIC_SECRET"
  | "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
  | "SERVER_HANDSHAKE_TRAFFIC_SECRET"
  | "CLIENT_TRAFFIC_SECRET_0"
  | "SERVER_TRAFFIC_SECRET_0";

const LABELS: ReadonlySet<string> = new Set<SecretLabel>([
  "CLIENT_RANDOM",
  "CLIENT_EARLY_TRAFFIC_SECRET",
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "SERVER_TRAFFIC_SECRET_0",
]);

/** Secrets and remembered sessions kept; the rest is counted. */
const MOST_ENTRIES = 400_000;
const MOST_SESSIONS = 20_000;
const LONGEST_LINE = 1024;

/** The secrets of one or more key logs, and the sessions that were seen to use them. */
export class KeyLog {
  readonly #secrets = new Map<string, Uint8Array>();
  /** Master secrets of TLS 1.2 sessions that may be resumed, by session id or ticket. */
  readonly #sessions = new Map<string, Uint8Array>();
  /** Encrypted premaster secrets (their first 8 bytes) and premaster secrets, of RSA lines. */
  readonly #premasters = new Map<string, Uint8Array>();
  #unread = 0;
  #omitted = 0;

  /** Reads the text of a key log. Lines of other labels and comments are passed over. */
  add(text: Uint8Array): void {
    for (const line of linesOf(text)) {
      const [label = "", name = "", secret = "", ...rest] = line.trim().split(/\s+/);
      if (label === "" || label.startsWith("#")) continue;
      if (rest.length > 0 || !this.#take(label, name.toLowerCase(), secret)) this.#unread++;
    }
  }

  /** Secrets known. */
  get size(): number {
    return this.#secrets.size + this.#premasters.size;
  }

  /** Lines that are no secret, and secrets past the bound. */
  get unread(): { readonly lines: number; readonly omitted: number } {
    return { lines: this.#unread, omitted: this.#omitted };
  }

  secret(label: SecretLabel, clientRandom: Uint8Array): Uint8Array | undefined {
    return this.#secrets.get(`${label} ${hex(clientRandom)}`);
  }

  /** The premaster secret of an RSA key exchange, found by the start of what the client sent. */
  premaster(encrypted: Uint8Array): Uint8Array | undefined {
    return this.#premasters.get(hex(encrypted.subarray(0, 8)));
  }

  /** Remembers a TLS 1.2 session for connections that resume it (RFC 5246 §7.3, RFC 5077). */
  remember(name: Uint8Array, master: Uint8Array): void {
    if (name.length > 0 && this.#sessions.size < MOST_SESSIONS) this.#sessions.set(hex(name.subarray(0, 256)), master);
  }

  session(name: Uint8Array): Uint8Array | undefined {
    return name.length === 0 ? undefined : this.#sessions.get(hex(name.subarray(0, 256)));
  }

  #take(label: string, name: string, secret: string): boolean {
    if (this.size >= MOST_ENTRIES) {
      this.#omitted++;
      return true;
    }
    if (label === "RSA") return this.#takeRsa(name, secret);
    if (!LABELS.has(label)) return /^[A-Z_0-9]+$/.test(label);
    const bytes = unhex(secret);
    if (bytes === undefined || !/^[0-9a-f]{64}$/.test(name)) return false;
    this.#secrets.set(`${label} ${name}`, bytes);
    return true;
  }

  /** `RSA <16 hex digits> <premaster>`, or `RSA Session-ID:<id> Master-Key:<master>`. */
  #takeRsa(name: string, secret: string): boolean {
    if (name.startsWith("session-id:")) {
      const id = unhex(name.slice("session-id:".length));
      const master = unhex(secret.replace(/^Master-Key:/i, ""));
      if (id === undefined || master === undefined) return false;
      this.remember(id, master);
      return true;
    }
    const bytes = unhex(secret);
    if (bytes === undefined || !/^[0-9a-f]{16}$/.test(name)) return false;
    this.#premasters.set(name, bytes);
    return true;
  }
}

function* linesOf(text: Uint8Array): Generator<string> {
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && text[at] !== 0x0a) continue;
    if (at - start <= LONGEST_LINE) yield String.fromCharCode(...text.subarray(start, at));
    start = at + 1;
  }
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function unhex(text: string): Uint8Array | undefined {
  if (text.length === 0 || text.length % 2 !== 0 || text.length > 512 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
