import { readGoString } from "./go-text.ts";

/** A frame as Go's `summarizeFrame` prints it. */
export interface FrameSummary {
  readonly type: string;
  readonly flags: readonly string[];
  readonly stream: number;
  readonly length: number;
  ping?: string;
  lastStream?: number;
  debug?: string;
  errorCode?: string;
  increment?: number;
  settings?: Readonly<Record<string, number>>;
}

const HEAD =
  /([A-Z][A-Z_]{3,20}|UNKNOWN_FRAME_TYPE_\d{1,3})(?: flags=([A-Z_|0-9a-fx]{1,80}))?(?: stream=(\d{1,10}))? len=(\d{1,8})/y;

/** Reads `TYPE[ flags=A|B][ stream=N] len=N` and what each type adds, from `start` in the line. */
export function readFrameSummary(line: string, start: number): FrameSummary | undefined {
  HEAD.lastIndex = start;
  const m = HEAD.exec(line);
  if (m === null) return undefined;
  const type = m[1] ?? "";
  const frame: FrameSummary = {
    type,
    flags: m[2] === undefined ? [] : m[2].split("|"),
    stream: Number(m[3] ?? 0),
    length: Number(m[4]),
  };
  addDetails(frame, line, HEAD.lastIndex);
  return frame;
}

/** DATA carries other people's content, which is not kept. */
function addDetails(frame: FrameSummary, line: string, at: number): void {
  switch (frame.type) {
    case "PING": {
      const ping = quotedAfter(line, ' ping="', at);
      if (ping !== undefined) frame.ping = hexOf(ping);
      return;
    }
    case "GOAWAY": {
      const last = /LastStreamID=(\d{1,10}) ErrCode=(\w{1,40})/.exec(line.slice(at, at + 120));
      if (last !== null) {
        frame.lastStream = Number(last[1]);
        frame.errorCode = last[2] ?? "";
      }
      const debug = quotedAfter(line, ' Debug="', at);
      if (debug !== undefined) frame.debug = debug;
      return;
    }
    case "RST_STREAM": {
      const code = /ErrCode=(\w{1,40})/.exec(line.slice(at, at + 80))?.[1];
      if (code !== undefined) frame.errorCode = code;
      return;
    }
    case "WINDOW_UPDATE": {
      const increment = /incr=(\d{1,10})/.exec(line.slice(at, at + 40))?.[1];
      if (increment !== undefined) frame.increment = Number(increment);
      return;
    }
    case "SETTINGS": {
      const settings = /, settings: (.{1,1000})/.exec(line.slice(at, at + 1100))?.[1];
      if (settings !== undefined) frame.settings = settingsOf(settings);
      return;
    }
  }
}

function quotedAfter(line: string, mark: string, at: number): string | undefined {
  const start = line.indexOf(mark, at);
  return start < 0 ? undefined : readGoString(line, start + mark.length - 1)?.text;
}

const hexOf = (bytes: string): string =>
  Array.from(bytes, (c) => (c.charCodeAt(0) & 0xff).toString(16).padStart(2, "0")).join("");

function settingsOf(text: string): Readonly<Record<string, number>> {
  const pairs = text.split(", ").map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs.flatMap(([name, value]) =>
      name !== undefined && value !== undefined && /^\w{1,60}$/.test(name) && /^\d{1,10}$/.test(value)
        ? [[name, Number(value)]]
        : [],
    ),
  );
}
