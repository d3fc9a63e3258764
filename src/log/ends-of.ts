import type { Endpoint } from "../net/endpoint.ts";
import type { LogContent } from "./content.ts";
import { readEndpoint } from "./read-endpoint.ts";

/** The ends of the connection that an entry is about, as far as it names them. */
export interface Ends {
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
}

/** The ends that an entry names in fields of its own, or as Go names them in an error: `read tcp LOCAL->REMOTE: …`. */
export function endsOf(content: LogContent): Ends {
  switch (content.kind) {
    case "dial":
    case "connection":
    case "failure":
      return content.local === undefined && content.remote === undefined ? endsInText(content.text) : content;
    case "request":
      return { local: undefined, remote: content.upstream };
    case "watch-ended":
    case "lease":
    case "health-check":
      return endsInText(content.text);
    default:
      return NOWHERE;
  }
}

const NOWHERE: Ends = { local: undefined, remote: undefined };

/** Beyond this no operating system's error reaches. */
const LONGEST = 4096;

function endsInText(text: string): Ends {
  const match = /([0-9a-fA-F.:%[\]]{3,60})->([0-9a-fA-F.:%[\]]{3,60}?):? /.exec(`${text.slice(0, LONGEST)} `);
  if (match === null) return NOWHERE;
  return { local: readEndpoint(match[1] ?? ""), remote: readEndpoint(match[2] ?? "") };
}
