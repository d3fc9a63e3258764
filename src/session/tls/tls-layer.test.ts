import { createCipheriv, createHmac } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type SecureVersion, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { type Heard, heard, recorded, type Said } from "../../../tests/helpers/recorded-conversation.ts";
import { throwawayCertificate } from "../../../tests/helpers/throwaway-certificate.ts";
import { nodeCiphers } from "../../node-ciphers.ts";
import { cipherSuiteName } from "./cipher-suites.ts";
import { KeyLog } from "./key-log.ts";
import { expandLabel } from "./key-schedule.ts";

/** Every test talks with Node's own TLS (OpenSSL), so what is opened here was sealed by somebody else. */

const certificate = throwawayCertificate();
const REQUEST = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

interface Talk {
  readonly said: readonly Said[];
  readonly keyLog: string;
  readonly session: Buffer | undefined;
  readonly reused: boolean;
}

interface Setting {
  readonly version: SecureVersion;
  readonly ciphers: string;
  readonly server?: TlsOptions;
  readonly session?: Buffer | undefined;
  readonly psk?: boolean;
  readonly alpn?: string[];
}

/** One request and its answer over TLS. */
async function talk(setting: Setting): Promise<Talk> {
  const { version, ciphers, psk } = setting;
  const common = { minVersion: version, maxVersion: version, ciphers, ALPNProtocols: setting.alpn ?? ["http/1.1"] };
  const shared = Buffer.alloc(32, 7);
  const server = createServer(
    { ...common, ...(psk ? { pskCallback: () => shared } : certificate), ...setting.server },
    (socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end(ANSWER));
    },
  );
  let keyLog = "";
  let session: Buffer | undefined;
  let reused = false;
  const said = await recorded(server, async (port) => {
    const client: TLSSocket = connect({
      ...common,
      port,
      host: "127.0.0.1",
      servername: "api.example",
      rejectUnauthorized: false,
      ...(setting.session !== undefined && { session: setting.session }),
      ...(psk && { pskCallback: () => ({ psk: shared, identity: "me" }), checkServerIdentity: () => undefined }),
    });
    client.on("keylog", (line: Buffer) => {
      keyLog += line.toString();
    });
    client.on("session", (ticket: Buffer) => {
      session = ticket;
    });
    await once(client, "secureConnect");
    reused = client.isSessionReused();
    client.write(REQUEST);
    client.resume();
    await once(client, "close");
  });
  return { said, keyLog, session, reused };
}

function expectOpened({ events, summary }: Heard, suite: string): void {
  expect(summary.tls?.decryption).toBe("opened");
  expect(summary.tls?.sealed).toBe(0);
  expect(cipherSuiteName(summary.tls?.cipherSuite ?? 0)).toBe(suite);
  const messages = events.flatMap((event) => (event.kind === "http1-message" ? [event] : []));
  expect(messages.map(({ head, complete }) => [head.kind, complete])).toEqual([
    ["request", true],
    ["response", true],
  ]);
}

describe("TLS 1.3", () => {
  test.each([
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
  ])("%s", async (ciphers) => {
    // The shortest tags are below OpenSSL's first security level.
    const { said, keyLog } = await talk({
      version: "TLSv1.3",
      ciphers: `${ciphers}:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0`,
    });
    const { events, summary } = heard(said, keyLog);
    expectOpened({ events, summary }, ciphers);
    expect(summary.tls).toMatchObject({ client: 0, version: 0x0304, serverName: "api.example", alpn: "http/1.1" });
    const types = events.flatMap((event) => (event.kind === "tls-message" ? [event.type] : []));
    expect(types.slice(0, 7)).toEqual([1, 2, 8, 11, 15, 20, 20]);
    expect(events.some((event) => event.kind === "tls-alert" && event.description === 0)).toBe(true);
  });

  test("after a HelloRetryRequest", async () => {
    const ciphers = "TLS_AES_128_GCM_SHA256";
    const { said, keyLog } = await talk({ version: "TLSv1.3", ciphers, server: { ecdhCurve: "P-384" } });
    const { events, summary } = heard(said, keyLog);
    expectOpened({ events, summary }, ciphers);
    const retried = events.filter((event) => event.kind === "tls-message" && event.hello?.retry === true);
    expect(retried).toHaveLength(1);
  });

  test("a resumed session", async () => {
    const ticketKeys = Buffer.alloc(48, 5);
    const setting: Setting = { version: "TLSv1.3", ciphers: "TLS_AES_256_GCM_SHA384", server: { ticketKeys } };
    const first = await talk(setting);
    const second = await talk({ ...setting, session: first.session });
    expect(second.reused).toBe(true);
    expectOpened(heard(second.said, second.keyLog), setting.ciphers);
  });

  test("early data waits for the suite and is opened with its own secret", async () => {
    const { said, keyLog } = await talk({ version: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" });
    const early = Buffer.alloc(32, 9);
    const random = /^CLIENT_TRAFFIC_SECRET_0 (\S+)/m.exec(keyLog)?.[1];
    const log = `${keyLog}CLIENT_EARLY_TRAFFIC_SECRET ${random} ${early.toString("hex")}\n`;
    const request = { direction: 0, bytes: sealed(early, 0, 23, Buffer.from(REQUEST)) } as const;
    const [hello, ...rest] = said;
    if (hello === undefined) throw new Error("nothing was said");
    const { events, summary } = heard([hello, request, ...rest], log);
    expect(summary.tls).toMatchObject({ decryption: "opened", sealed: 0 });
    expect(events.filter((e) => e.kind === "http1-message" && e.head.kind === "request")).toHaveLength(2);
  });

  test("KeyUpdate in both directions of sealing: the next key is derived and used", async () => {
    const { said, keyLog } = await talk({ version: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" });
    const secret = Buffer.from(/^CLIENT_TRAFFIC_SECRET_0 \S+ (\S+)/m.exec(keyLog)?.[1] ?? "", "hex");
    const update = Buffer.concat([Buffer.of(0, 32, 17), Buffer.from("tls13 traffic upd"), Buffer.of(0, 1)]);
    const next = createHmac("sha256", secret).update(update).digest();
    // The client has sent its request under the first key as record 0, and its close_notify as record 1 perhaps.
    const before = heard(said, keyLog).events;
    const used = before.filter((e) => e.kind === "tls-record" && e.direction === 0 && e.state === "opened").length - 1;
    const more: Said[] = [
      { direction: 0, bytes: sealed(secret, used, 22, Buffer.of(24, 0, 0, 1, 0)) },
      { direction: 0, bytes: sealed(next, 0, 23, Buffer.from(REQUEST)) },
    ];
    const { events, summary } = heard([...said, ...more], keyLog);
    expect(summary.tls?.sealed).toBe(0);
    expect(events.filter((e) => e.kind === "http1-message" && e.head.kind === "request")).toHaveLength(2);
    expect(events.some((e) => e.kind === "tls-message" && e.type === 24)).toBe(true);
  });
});

/** A TLS 1.3 record of AES-128-GCM as RFC 8446 §5.2 has it, made with node:crypto. */
function sealed(secret: Uint8Array, number: number, type: number, content: Uint8Array): Uint8Array {
  const of = (label: string, length: number): Uint8Array =>
    expandLabel(nodeCiphers, { hash: "sha256", secret, label, length });
  const nonce = of("iv", 12).slice();
  nonce[11] = (nonce[11] ?? 0) ^ number;
  const header = Buffer.of(23, 3, 3, 0, content.length + 17);
  const cipher = createCipheriv("aes-128-gcm", of("key", 16), nonce).setAAD(header);
  const body = Buffer.concat([cipher.update(content), cipher.update(Buffer.of(type)), cipher.final()]);
  return new Uint8Array(Buffer.concat([header, body, cipher.getAuthTag()]));
}

describe("TLS 1.2", () => {
  test.each([
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    ["ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"],
    ["ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
    ["ECDHE-ECDSA-AES128-CCM", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"],
    ["ECDHE-ECDSA-AES256-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"],
    ["ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"],
    ["ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"],
    ["ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"],
  ])("%s", async (ciphers, suite) => {
    const { said, keyLog } = await talk({ version: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` });
    expectOpened(heard(said, keyLog), suite);
  });

  test.each([
    ["PSK-AES128-CBC-SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA256"],
    ["PSK-AES128-CCM8", "TLS_PSK_WITH_AES_128_CCM_8"],
    ["PSK-CHACHA20-POLY1305", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"],
  ])("%s", async (ciphers, suite) => {
    const { said, keyLog } = await talk({ version: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0`, psk: true });
    expectOpened(heard(said, keyLog), suite);
  });

  test("a session resumed by ticket is opened with the secret of the first connection alone", async () => {
    const ticketKeys = Buffer.alloc(48, 3);
    const setting: Setting = { version: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256", server: { ticketKeys } };
    const first = await talk(setting);
    const second = await talk({ ...setting, session: first.session });
    expect(second.reused).toBe(true);
    const keys = new KeyLog();
    keys.add(Buffer.from(first.keyLog));
    heard(first.said, keys);
    expectOpened(heard(second.said, keys), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  });
});

describe("what cannot be opened", async () => {
  const first = await talk({ version: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" });

  test("without secrets everything in the clear is still told", () => {
    const { events, summary } = heard(first.said);
    expect(summary.tls).toMatchObject({ decryption: "no-secret", serverName: "api.example", version: 0x0304 });
    expect(events.filter((event) => event.kind === "tls-message").map((event) => event.type)).toEqual([1, 2]);
    expect(events.some((event) => event.kind === "http1-message")).toBe(false);
  });

  test("a wrong secret opens nothing and is never told", () => {
    const wrong = first.keyLog.replace(/\b[0-9a-f]{64}$/gm, "ab".repeat(32));
    const told = heard(first.said, wrong);
    expect(told.summary.tls?.decryption).toBe("wrong-secret");
    expect(JSON.stringify(told)).not.toContain("abababab");
  });

  test.each([true, false])("records that were lost cost what was in them, their headers known: %s", (headersKnown) => {
    const secret = Buffer.from(/^CLIENT_TRAFFIC_SECRET_0 \S+ (\S+)/m.exec(first.keyLog)?.[1] ?? "", "hex");
    const opened = heard(first.said, first.keyLog).events.filter(
      (e) => e.kind === "tls-record" && e.direction === 0 && e.state === "opened",
    );
    const used = opened.length - 1;
    const record = (n: number): Uint8Array => sealed(secret, used + n, 23, Buffer.from(REQUEST));
    const [one, two, three] = [record(0), record(1), record(2)];
    const hidden: Said[] = headersKnown
      ? [
          { direction: 0, bytes: one.slice(0, 20) },
          { direction: 0, bytes: one.slice(20), lost: true },
        ]
      : [{ direction: 0, bytes: Buffer.concat([one, two]), lost: true }];
    const more: Said[] = [...hidden, { direction: 0, bytes: headersKnown ? two : three }];
    const { events } = heard([...first.said, ...more], first.keyLog);
    const last = events.filter((event) => event.kind === "tls-record" && event.direction === 0).at(-1);
    expect(last).toMatchObject({ state: "opened", inner: { contentType: 23, length: REQUEST.length } });
  });

  test("cut at any byte, and with any byte changed, it gives what can be had and no exception", () => {
    const all = first.said.reduce((sum, { bytes }) => sum + bytes.length, 0);
    fc.assert(
      fc.property(fc.nat(all), fc.nat(all), fc.integer({ min: 1, max: 255 }), (cut, place, change) => {
        let left = cut;
        let before = 0;
        const said = first.said.flatMap(({ direction, bytes }) => {
          const kept = bytes.slice(0, left);
          left -= kept.length;
          const at = place - before;
          if (at >= 0 && at < kept.length) kept[at] = (kept[at] ?? 0) ^ change;
          before += bytes.length;
          return kept.length === 0 ? [] : [{ direction, bytes: kept }];
        });
        const { summary } = heard(said, first.keyLog);
        expect(summary.stream).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
