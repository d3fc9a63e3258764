import type { ServerHttp2Session, ServerHttp2Stream, Settings } from "node:http2";

/**
 * From now on `pushAllowed` is false on each of its streams and `pushStream` throws `ERR_HTTP2_PUSH_DISABLED`, as if the client had turned
 * push off: Node asks the session's `remoteSettings`. A client may refuse what is promised behind a GOAWAY, and Node's does.
 */
export function refusePushes(session: ServerHttp2Session): void {
  const get = (): Settings => ({
    ...(Reflect.get(Object.getPrototypeOf(session) as object, "remoteSettings", session) as Settings),
    enablePush: false,
  });
  Object.defineProperty(session, "remoteSettings", { configurable: true, get });
}

/**
 * Whether it promised a push and has not begun to answer it: behind a GOAWAY it no longer could. There is no public way to know; where the
 * private one is not as on Node 22 and 24, no push is waited for.
 */
export function owesPush(session: ServerHttp2Session): boolean {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "state");
  const state = key === undefined ? undefined : (session as unknown as Record<symbol, unknown>)[key];
  // A Map without a prototype that says so.
  const { streams } = (state ?? {}) as { readonly streams?: Partial<ReadonlyMap<number, ServerHttp2Stream>> };
  let owed = false;
  streams?.forEach?.(({ headersSent, closed, destroyed }, id) => {
    // What a server opens has an even id (RFC 9113 §5.1.1).
    if (id % 2 === 0 && !headersSent && !closed && !destroyed) owed = true;
  });
  return owed;
}
