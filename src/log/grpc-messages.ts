import type { LogContent } from "./content.ts";
import type { Severity } from "./entry.ts";
import { errorWord } from "./error-word.ts";
import { failureOf } from "./failure-of.ts";

/** grpc-go's severity before the date (`INFO: 2026/11/20 15:31:58 [core] …`): what it means and where the date starts. */
export function grpcSeverity(line: string): { readonly severity: Severity; readonly rest: number } | undefined {
  for (const [word, severity] of SEVERITIES) if (line.startsWith(word)) return { severity, rest: word.length };
  return undefined;
}

const SEVERITIES: readonly (readonly [string, Severity])[] = [
  ["INFO: ", "info"],
  ["WARNING: ", "warning"],
  ["ERROR: ", "error"],
  ["FATAL: ", "fatal"],
];

/** What grpc-go, grpc-js and their applications say about a channel (grpc-go internal/transport, clientconn.go). */
export function readGrpcMessage(message: string): LogContent | undefined {
  if (!WORTH.test(message)) return undefined;
  const goaway = GOAWAY.exec(message);
  if (goaway !== null) {
    const errorCode = (goaway[1] ?? "").replace(/([a-z])(?=[A-Z])/g, "$1_").toUpperCase();
    return { kind: "goaway", errorCode, debug: goaway[2], text: message };
  }
  if (/\[(?:core|transport|channel|subchannel)\]|rpc error: |UNAVAILABLE/i.test(message)) {
    const failed = failureOf(message);
    if (failed !== undefined) {
      const ping = failed.error === "lost-ping" && /keepalive/i.test(message);
      return ping ? { kind: "health-check", event: "failed", error: errorWord(message), text: message } : failed;
    }
  }
  return undefined;
}

/** Old grpc-go names Go's constant (`http2.ErrCodeEnhanceYourCalm`), newer the code and its debug data. */
const GOAWAY =
  /received GoAway with (?:error code |http2 code |http2\.ErrCode|code:? )"?(\w{1,60})"?(?: and debug data equal to ASCII "(.{0,500}?)")?(?=\.|,|$|\s)/i;

const WORTH = /grpc|\[core\]|\[transport\]|GoAway|rpc error|UNAVAILABLE|keepalive ping/i;
