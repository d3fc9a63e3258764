import { subscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** By connection. */
const listeners = new WeakMap<Socket, (response: ServerResponse) => void>();
let subscribed = false;

/**
 * Calls back with the response of each HTTP/1 request on this connection, before the application sees the request. It listens to Node's
 * own channel and not to the server's event `request`: a request with `Expect` raises another event instead, if the application
 * listens for that; and on an HTTP/2 server the mere listener would switch the compatibility API on.
 */
export function onHttp1Response(socket: Socket, then: (response: ServerResponse) => void): void {
  listeners.set(socket, then);
  // Once a process, and only if there is HTTP/1 in it.
  if (!subscribed) subscribe("http.server.request.start", tell);
  subscribed = true;
}

function tell(message: unknown): void {
  const { socket, response } = message as { readonly socket: Socket; readonly response: ServerResponse };
  listeners.get(socket)?.(response);
}
