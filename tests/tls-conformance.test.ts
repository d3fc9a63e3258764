import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSource } from "../src/capture/evidence-source.ts";
import { readCapture } from "../src/capture/read-capture.ts";
import { readFlow } from "../src/flow/read-flow.ts";
import { Survey } from "../src/flow/survey.ts";
import { printEndpoint } from "../src/net/endpoint.ts";
import { readSessions } from "../src/read-sessions.ts";
import type { SessionEvent, SessionSummary } from "../src/session/conversation.ts";
import { protectionOf } from "../src/session/tls/cipher-suites.ts";
import { recordingsIn } from "./helpers/recordings.ts";

/**
 * TLS in public captures, against tshark's reading of it with the same secrets. The captures are no
 * part of the project: HALFOPEN_CAPTURES points at the folder that holds them and the readings.
 */

const folder = process.env.HALFOPEN_CAPTURES ?? "";
const oracle = join(folder, "oracle-tls.jsonl.gz");

interface Reading {
  readonly file: string;
  readonly streams: readonly {
    readonly s: number;
    readonly hs: readonly number[];
    readonly sni: string | null;
    readonly alpn: readonly string[];
    readonly cipher: string | null;
    readonly ver: string | null;
    readonly alerts: readonly (readonly [number, string, string])[];
    readonly node0: string;
    readonly plain: readonly [number, number];
  }[];
}

if (folder === "" || !existsSync(oracle)) {
  test.skip("public captures: HALFOPEN_CAPTURES names no folder with oracle-tls.jsonl.gz", () => {});
} else {
  const { readings, keyLogs } = recordingsIn<Reading>(folder, "oracle-tls.jsonl.gz");

  describe.each(readings.map((reading) => [reading.file, reading] as const))("%s", async (file, reading) => {
    const found = await read(join(folder, file), keyLogs.get(file) ?? undefined);
    const known = reading.streams.filter(({ hs }) => hs.length > 0);
    test.each(known.map((stream) => [stream.s, stream] as const))("tcp.stream %i", (number, stream) => {
      const { events, session, a } = found.get(number) ?? { events: [], session: undefined, a: "" };
      const tls = session?.tls;
      const suite = tls?.cipherSuite ?? 0;
      const renegotiated = stream.hs.filter((type) => type === 1).length > 1;
      if (!renegotiated) {
        expect(tls?.serverName ?? null).toBe(stream.sni);
        expect(`0x${suite.toString(16).padStart(4, "0")}`).toBe(stream.cipher);
        expect(`0x${(tls?.version ?? 0).toString(16).padStart(4, "0")}`).toBe(stream.ver);
      }
      expect(
        [(tls?.alpnOffered ?? []).join(","), tls?.alpn].filter((text) => text !== undefined && text !== ""),
      ).toEqual(stream.alpn);
      if (protectionOf(suite) === undefined) {
        expect(tls?.decryption).toBe("unsupported");
        return;
      }
      const messages = events.flatMap((event) => (event.kind === "tls-message" ? [event.type] : []));
      expect(messages).toEqual(stream.hs);
      if (MORE_THAN_TSHARK.has(file.split("/").at(-1) ?? "")) return;
      const alerts = events.flatMap((event) =>
        event.kind === "tls-alert" ? [[event.packet, event.level, String(event.description)]] : [],
      );
      expect(alerts).toEqual(stream.alerts.map(([packet, level, what]) => [packet, LEVELS[level] ?? "unknown", what]));
      const plain = [0, 0];
      for (const event of events) {
        if (event.kind !== "tls-record" || event.inner?.contentType !== 23) continue;
        plain[event.direction] = (plain[event.direction] ?? 0) + event.inner.length;
      }
      expect(a === stream.node0 ? plain : plain.toReversed()).toEqual(stream.plain);
    });
  });
}

/** Where segments come out of order, tshark opens the records up to there only; ours, all authenticated, are more. */
const MORE_THAN_TSHARK: ReadonlySet<string> = new Set(["test301.pcapng"]);

const LEVELS: Readonly<Record<string, string>> = { "1": "warning", "2": "fatal" };

interface Found {
  readonly a: string;
  readonly events: SessionEvent[];
  session: SessionSummary | undefined;
}

async function read(path: string, keyLog: string | undefined): Promise<ReadonlyMap<number, Found>> {
  const found = new Map<number, Found>();
  const source = await openSource(path);
  const survey = new Survey();
  const summary = await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
  const { table } = survey;
  const of = (stream: number): Found => {
    const known = found.get(stream);
    if (known !== undefined) return known;
    const fresh: Found = { a: printEndpoint(readFlow(table, stream).a), events: [], session: undefined };
    found.set(stream, fresh);
    return fresh;
  };
  await readSessions({
    source,
    summary,
    table,
    rows: new Set(Array.from({ length: table.rows }, (_, row) => row)),
    keyLogs: keyLog === undefined ? [] : [readFileSync(join(folder, keyLog))],
    onEvent: (event, stream) => of(stream).events.push(event),
    onSession: (session) => {
      of(session.stream).session = session;
    },
  });
  source.close();
  return found;
}
