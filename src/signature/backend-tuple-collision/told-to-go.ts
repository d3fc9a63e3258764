import type { Evidence } from "../signature.ts";
import type { Story } from "./story.ts";

/** What made the client connect again, where it is seen: the server's GOAWAY on the old connection (RFC 9113 §6.8), in a packet or in a log. */
export function toldToGo({ scene, older, home }: Story): Evidence | undefined {
  const syn = home?.syns[0];
  if (older === undefined || syn === undefined || home === undefined) return undefined;
  const { trail } = older;
  const vantage = scene.vantages[trail.vantage];
  const there = scene.vantages[home.vantage];
  if (vantage === undefined || there === undefined) return undefined;
  const reconnect = scene.toCommon(there, syn.time);
  const server = trail.flow.client === "a" ? 1 : 0;
  const seen = trail.session?.summary.http2?.goAways.findLast(
    (goAway) => goAway.direction === server && scene.toCommon(vantage, goAway.time) <= reconnect,
  );
  if (seen !== undefined) {
    const { packet, time, lastStreamId, errorCode } = seen;
    return { vantage: trail.vantage, packet, at: time, shows: `${named(errorCode === 0, lastStreamId)}` };
  }
  const told = scene.mentions(trail).findLast(({ log, entry }) => {
    const at = log.instantOf(entry);
    const { content } = entry;
    const read = content.kind === "http2-frame" && content.type === "GOAWAY" && content.direction === "read";
    return read && at !== undefined && at <= reconnect;
  });
  if (told === undefined || told.entry.content.kind !== "http2-frame") return undefined;
  const { errorCode, lastStream } = told.entry.content;
  return {
    log: told.log.index,
    line: told.entry.line,
    shows: named(errorCode === "NO_ERROR" || errorCode === "NO", lastStream),
  };
}

function named(planned: boolean, lastStream: number | undefined): string {
  const last = lastStream === undefined ? "" : `, last stream ${lastStream}`;
  return `the server says GOAWAY${planned ? " NO_ERROR" : ""}${last}: the client is to connect again, and keeps the old connection for what still runs on it`;
}
