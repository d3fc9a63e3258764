export interface BackOffOptions {
  /**
   * The longest wait before the first new attempt. Default: 100. Sensible: 50 to 1000.
   * Prevents: many clients that come back at once to a server that just restarted.
   * gRPC: initial back-off 1 s (`grpc.initial_reconnect_backoff_ms`). Go's HTTP/2 retries wait 1 s, 2 s, 4 s …
   */
  readonly initialMs: number;
  /** Default: 30000. Sensible: 5000 to 120000. gRPC: 120 s (`grpc.max_reconnect_backoff_ms`). Kubernetes' reflector: 30 s. */
  readonly maxMs: number;
}

/**
 * How long to wait before attempt number `failures` + 1: a draw from the whole range up to a bound that doubles with each failure
 * in a row, so that clients that failed together do not come back together. `draw` is from 0 up to, not including, 1.
 */
export function backOffMs(failures: number, draw: number, options: BackOffOptions): number {
  if (failures <= 0) return 0;
  const bound = Math.min(options.maxMs, options.initialMs * 2 ** Math.min(failures - 1, 30));
  return bound * draw;
}
