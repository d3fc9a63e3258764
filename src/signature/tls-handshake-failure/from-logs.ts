import type { LogEntry } from "../../log/entry.ts";
import { readAddress, readEndpoint } from "../../log/read-endpoint.ts";
import type { Endpoint } from "../../net/endpoint.ts";
import { errorOf, type FoundLine, linesThat, localOf, remoteOf, serverIn } from "../log-lines.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { NamedConnection } from "../signature.ts";
import { OTHER, REASONS, type Reason } from "./reasons.ts";

/** What a line says of a handshake that failed. */
export interface Told {
  readonly reason: Reason;
  /** Which end found fault, where the line says. */
  readonly by: "client" | "server" | undefined;
  /** It names the fault or the alert, and not only that the handshake failed. */
  readonly sure: boolean;
}

/** Lines that name the reason for which a handshake failed. */
export const linesOnHandshakes: (scene: Scene) => readonly FoundLine<Told>[] = remember((scene: Scene) =>
  linesThat(scene, (text, entry) => {
    const reason = isTrouble(text, entry) ? reasonIn(text) : undefined;
    return reason === undefined
      ? undefined
      : { said: { reason, by: whoIn(text, reason), sure: isSure(text, reason) }, named: endsIn(text, entry) };
  }).slice(0, MOST_LINES),
);

/** Lines looked at; more of the same tell nothing new. */
const MOST_LINES = 4000;

/** Not what is only remarked on: curl -k and `openssl s_client` go on, and a probe that leaves says EOF. */
const REMARK =
  /continuing anyway|^\s*verify error:num=|Verify return code|certificate verify ok|InsecureRequestWarning/i;
/** A line that is no failure by its form must speak of one. */
const TROUBLE = /error|fail|alert|reject|refus|no required|invalid|unable|exception/i;
const NO_TROUBLE = /\b(?:no|0|without) (?:errors?|failures?)|\b(?:errors?|failures?|failed) ?[=:] ?0\b/i;
const ABOUT_TLS = /tls|ssl|x509|certificate|handshake|PKIX/i;

function isTrouble(text: string, entry: LogEntry): boolean {
  const { content, severity } = entry;
  if (REMARK.test(text) || !ABOUT_TLS.test(text)) return false;
  if (content.kind === "failure" && content.operation === "handshake") return true;
  if (content.kind !== "message" && content.kind !== "text") return errorOf(entry) === "tls";
  return severity !== "debug" && severity !== "info" && TROUBLE.test(text) && !NO_TROUBLE.test(text);
}

/** A mistake about the protocol, which another signature tells of. */
const NOT_TLS =
  /first record does not look like a TLS handshake|wrong[ _]version[ _]number|http[ _](?:request|response)|unrecognized SSL message/i;

function reasonIn(text: string): Reason | undefined {
  if (NOT_TLS.test(text)) return undefined;
  return REASONS.find(({ words }) => words.test(text)) ?? (OTHER.words.test(text) ? OTHER : undefined);
}

const isSure = (text: string, { variant }: Reason): boolean =>
  (variant !== "handshake-failure" && variant !== OTHER.variant) || /alert/i.test(text);

function whoIn(text: string, { variant }: Reason): Told["by"] {
  if (/\(OUT\), TLS alert/.test(text)) return "client";
  if (/\(IN\), TLS alert|received fatal alert/i.test(text)) return "server";
  if (
    /TLS handshake error from .{3,80}: remote error|while SSL handshaking, client: .{0,200}/.test(text) &&
    /alert/.test(text)
  )
    return "client";
  switch (variant) {
    case "certificate-expired":
    case "certificate-name":
    case "unknown-ca":
      return "client";
    case "client-certificate-required":
    case "server-name":
      return "server";
    default:
      return undefined;
  }
}

/** A server's line names its client, a client's its server. */
function endsIn(text: string, entry: LogEntry): NamedConnection {
  const from = /TLS handshake error from (\S{3,80}): /.exec(text)?.[1];
  if (from !== undefined) return { client: readEndpoint(from), server: undefined };
  const nginx = /, client: ([0-9a-fA-F.:]{2,45}), server: (\S{0,255})/.exec(text);
  if (nginx !== null) {
    const upstream = /, upstream: "[a-z]{2,8}:\/\/([^/"]{3,90})/.exec(text)?.[1];
    if (upstream !== undefined) return { client: undefined, server: readEndpoint(upstream) };
    return { client: addressOf(nginx[1] ?? ""), server: undefined };
  }
  if (entry.program === "haproxy") return { client: remoteOf(entry), server: undefined };
  return { client: localOf(entry), server: serverIn(text, entry) };
}

function addressOf(text: string): Endpoint | undefined {
  const address = readAddress(text);
  return address === undefined ? undefined : { address, port: 0 };
}
