/** An address and a port as configuration files have them. */
export const hostPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** Whole milliseconds, at least one: to some, 0 is for ever. */
export const ms = (value: number): string => `${Math.max(1, Math.round(value))}ms`;
