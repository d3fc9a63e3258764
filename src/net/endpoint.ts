/** One end of a connection: an address as text (RFC 5952 for IPv6) and a TCP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Prints `192.0.2.1:443` or `[2001:db8::1]:443`. */
export function printEndpoint(endpoint: Endpoint): string {
  return endpoint.address.includes(":")
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}

/** True when both name the same address and port. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}
