import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { handleOf } from "./native-handle.ts";

/**
 * Writes a frame between two of a session's on a TCP connection and says whether it did, or gives undefined where that can't be done (Windows).
 *
 * The session writes to the same native handle, whole frames each time, and takes every completion there for its own: a write of
 * another that has to wait ends the process (`CHECK(is_write_in_progress())` in `src/node_http2.cc`). So the frame goes past the
 * handle: straight into the kernel, at a moment when all that the session wrote is in there already, or not at all.
 */
export function injectClear(socket: Socket): ((frame: Buffer) => boolean) | undefined {
  const { fd } = handleOf(socket) ?? {};
  if (fd === undefined || fd < 0) return undefined;
  return (frame) => write(socket, fd, frame);
}

function write(socket: Socket, fd: number, frame: Buffer): boolean {
  const handle = handleOf(socket);
  // SETTINGS come first (RFC 9113 §3.4).
  if (socket.destroyed || !socket.writable || handle === undefined || !(handle.bytesWritten > 0)) return false;
  if (handle.fd !== fd || handle.writeQueueSize !== 0) return false;
  let written = 0;
  try {
    written = writeSync(fd, frame);
    if (written < frame.length) written += writeSync(fd, frame, written);
  } catch {
    // EAGAIN, the client reads too slowly; or the connection is broken, which the session will find out.
  }
  // Half a frame can't be taken back: the next one would be read as its rest.
  if (written > 0 && written < frame.length) socket.destroy();
  return written === frame.length;
}
