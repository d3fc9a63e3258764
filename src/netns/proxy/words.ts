import type { ApplicationBalancer } from "../../scenario/scenario.ts";

/** An address and a port as configuration files have them. */
export const hostPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** How long a request may wait for its answer, in milliseconds: by its own limit, or by that of a silent connection. */
export const patienceMs = ({ idleTimeoutMs, responseTimeoutMs }: ApplicationBalancer): number =>
  Math.min(idleTimeoutMs, responseTimeoutMs);

/** Whole milliseconds, at least one: to some, 0 is for ever. */
export const ms = (value: number): string => `${Math.max(1, Math.round(value))}ms`;
