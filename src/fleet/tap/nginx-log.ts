import { instantOf, printInstant } from "../../net/time.ts";
import type { JournalEvent } from "../app/journal.ts";
import type { MessageBytes } from "../app/message-bytes.ts";
import type { Places } from "../balancer/places.ts";

/** An application balancer's error log, as nginx writes it (1.22): without fractions of a second. */
export function nginxErrorLine(
  event: Extract<JournalEvent, { what: "proxy-error" }>,
  about: {
    readonly places: Places;
    readonly bytes: MessageBytes;
    readonly epoch: bigint;
    readonly now: number;
    readonly port: number;
    readonly number: number;
  },
): string {
  const { places, bytes, epoch, now, port, number } = about;
  const instant = printInstant(instantOf(epoch, now));
  const { method, path } = bytes.call(event.call);
  const [what, doing] = EVENTS[event.kind];
  const upstream = `http://${hostOf(places.addresses[event.target] as string)}:${port}${path}`;
  return (
    `${instant.slice(0, 10).replaceAll("-", "/")} ${instant.slice(11, 19)} [error] 29#29: *${number} ${what} while ${doing}, ` +
    `client: ${places.addresses[event.client]}, server: api.internal, request: "${method} ${path} HTTP/1.1", upstream: "${upstream}", host: "api.internal"\n`
  );
}

const hostOf = (address: string): string => (address.includes(":") ? `[${address}]` : address);

const READING = "reading response header from upstream";
const EVENTS: Readonly<Record<Extract<JournalEvent, { what: "proxy-error" }>["kind"], readonly [string, string]>> = {
  reset: ["recv() failed (104: Connection reset by peer)", READING],
  closed: ["upstream prematurely closed connection", READING],
  timeout: ["upstream timed out (110: Connection timed out)", READING],
  refused: ["connect() failed (111: Connection refused)", "connecting to upstream"],
  "connect-timeout": ["upstream timed out (110: Connection timed out)", "connecting to upstream"],
};
