/** The options of a TCP header that matter here (RFC 9293 §3.2, RFC 7323 §2 and §3). */
export interface TcpOptions {
  readonly timestamp: { readonly value: number; readonly echo: number } | undefined;
  readonly windowScale: number | undefined;
}

const END = 0;
const NO_OPERATION = 1;
const WINDOW_SCALE = 3;
const TIMESTAMPS = 8;
/** RFC 7323 §2.3: a larger shift counts as 14. */
const LARGEST_SHIFT = 14;

/** Reads the options between `from` and `end`; stops quietly where they no longer make sense. */
export function readTcpOptions(view: DataView, from: number, end: number): TcpOptions {
  let timestamp: TcpOptions["timestamp"];
  let windowScale: number | undefined;
  for (let at = from; at < end; ) {
    const kind = view.getUint8(at);
    if (kind === END) break;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 1 >= end) break;
    const size = view.getUint8(at + 1);
    if (size < 2 || at + size > end) break;
    if (kind === WINDOW_SCALE && size === 3) windowScale = Math.min(view.getUint8(at + 2), LARGEST_SHIFT);
    if (kind === TIMESTAMPS && size === 10) {
      timestamp = { value: view.getUint32(at + 2), echo: view.getUint32(at + 6) };
    }
    at += size;
  }
  return { timestamp, windowScale };
}
