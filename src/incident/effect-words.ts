import type { ErrorWord, LogContent } from "../log/content.ts";
import { withoutSecrets } from "../log/without-secrets.ts";
import { printable } from "../net/printable.ts";
import { printSpan } from "../net/time.ts";

/** What a line tells, short and safe to print. */
export function toldBy(content: LogContent): string {
  if (content.kind === "request") {
    const what = [content.method, content.target].filter((word) => word !== undefined).join(" ");
    return printable(withoutSecrets(`${content.status ?? "no status"} for ${what === "" ? "a request" : what}`)).slice(
      0,
      LONGEST,
    );
  }
  if (content.kind === "node-status") {
    const silent = content.silentFor === undefined ? "" : ` for ${printSpan(content.silentFor)}`;
    const said =
      content.status === "stale"
        ? `no news of it${silent}`
        : content.status === "not-ready"
          ? "not ready"
          : content.status;
    return printable(`node ${content.node}: ${said}`).slice(0, LONGEST);
  }
  if (content.kind === "watch-ended" && content.resource !== undefined && content.error !== undefined) {
    return printable(`watch of ${content.resource} ended: ${WORDS[content.error] ?? content.error}`).slice(0, LONGEST);
  }
  const text = withoutSecrets("text" in content ? content.text : content.kind);
  return printable(text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`).replace(/\.$/, "");
}

/** How Go says it. */
const WORDS: Readonly<Partial<Record<ErrorWord, string>>> = {
  "lost-ping": "http2: client connection lost",
  "end-of-file": "unexpected EOF",
  reset: "connection reset by peer",
  "timed-out": "timed out",
};

/** Longest text of a line that is told. */
const LONGEST = 160;
