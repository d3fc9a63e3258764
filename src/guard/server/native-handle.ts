import type { Socket } from "node:net";

/** What stands below a socket of Node's: no public interface, the same on Node 22 and 24. */
export interface NativeHandle {
  /** Below 0 or absent where there is none. */
  readonly fd?: number;
  /** By whomever, counted when a write begins. */
  readonly bytesWritten: number;
  /** Not yet taken by what stands below; of TLS: encrypted. */
  readonly writeQueueSize: number;
  readonly readStart: () => number;
  readonly readStop: () => number;
  writeBuffer: (request: WriteRequest, bytes: Uint8Array) => number;
}

export interface WriteRequest {
  readonly oncomplete?: (status: number) => void;
}

export function handleOf(socket: Socket): NativeHandle | undefined {
  const handle = (socket as { _handle?: Partial<NativeHandle> | null })._handle;
  return typeof handle?.writeQueueSize === "number" ? (handle as NativeHandle) : undefined;
}
