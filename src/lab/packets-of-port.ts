import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { openSource } from "../capture/evidence-source.ts";
import { readCapture } from "../capture/read-capture.ts";
import { readFlow } from "../flow/read-flow.ts";
import { Survey } from "../flow/survey.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { readSessions } from "../read-sessions.ts";
import { wordsOf } from "../report/frame-words.ts";
import type { Segment } from "../session/segment.ts";
import { Zoom } from "../session/zoom.ts";

/** One connection as one capture has it. */
export interface SeenConnection {
  readonly client: string;
  readonly server: string;
  /** The capture's epoch, in milliseconds since 1970. */
  readonly epochMs: number;
  readonly segments: readonly Segment[];
  /** What was said in its packets, by packet, as far as the keys tell. */
  readonly words: ReadonlyMap<number, readonly string[]>;
}

/** All connections of some client ends (`address:port`) in a capture, in the order of their beginning. */
export async function connectionsOf(
  file: string,
  clients: ReadonlySet<string>,
  keyLog: string,
): Promise<readonly SeenConnection[]> {
  const source = await openSource(file);
  try {
    const survey = new Survey();
    const summary = await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
    const { table } = survey;
    const rows = new Set<number>();
    for (let row = 0; row < table.rows; row += 1) {
      const { a, b } = readFlow(table, row);
      if (clients.has(printEndpoint(a)) || clients.has(printEndpoint(b))) rows.add(row);
    }
    const zoom = new Zoom(table, rows, 0);
    await readCapture(source, { onBatch: (batch) => zoom.observe(batch) });
    const words = new Map<number, string[]>();
    await readSessions({
      source,
      summary,
      table,
      rows,
      keyLogs: existsSync(keyLog) ? [await readFile(keyLog)] : [],
      onEvent: (event) => {
        if (event.kind === "tls-record") return;
        const { what, says } = wordsOf(event);
        const said = words.get(event.packet) ?? [];
        words.set(event.packet, [...said, says === "" ? what : `${what} ${says}`]);
      },
      onSession: () => {},
    });
    return zoom
      .trails()
      .map(({ flow, segments }) => {
        const [client, server] = flow.client === "a" ? [flow.a, flow.b] : [flow.b, flow.a];
        return {
          client: printEndpoint(client),
          server: printEndpoint(server),
          epochMs: Number(summary.epoch / 1_000_000n),
          segments,
          words,
        };
      })
      .sort((one, other) => (one.segments[0]?.packet ?? 0) - (other.segments[0]?.packet ?? 0));
  } finally {
    source.close();
  }
}
