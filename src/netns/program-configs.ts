import type { Clients, Servers } from "../scenario/scenario.ts";

/** One server, for the lab program `server`. Times are scaled already. */
export interface ServerConfig {
  readonly name: string;
  readonly address: string;
  readonly servers: Omit<Servers, "count">;
  /** Files with the server's key and certificate. */
  readonly keyFile: string;
  readonly certFile: string;
  /** A file to which TLS secrets are appended, as SSLKEYLOGFILE has them; absent: HTTP/1 in the clear. */
  readonly keyLog?: string;
  /** The socket of the object store; absent: no Kubernetes API. */
  readonly store?: string;
  readonly bookmarkMs: number;
  readonly seed: number;
}

/** A group's clients on one host, for the lab program `clients`. Times are scaled already. */
export interface ClientsConfig {
  readonly group: string;
  /** One client for each name. */
  readonly names: readonly string[];
  readonly protocol: "http1" | "http2";
  /** What the name of the service resolves to; changed by the message `addresses`. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly clients: Omit<Clients, "count" | "portRange" | "twReuse" | "nat" | "hosts">;
  readonly kubernetes?: {
    readonly nodeMonitorPeriodMs: number;
    readonly nodeMonitorGraceMs: number;
    readonly leaseRenewMs: number;
    readonly nodeStatusMs: number;
  };
  /** A file to which TLS secrets are appended; absent: the servers do that. */
  readonly keyLog?: string;
  readonly seed: number;
}

/** A balancer node's health checks, for the lab program `health-check`. */
export interface HealthCheckConfig {
  readonly targets: readonly string[];
  readonly port: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Targets of this node, by index. */
  readonly mine: readonly number[];
  /** For each set of serving targets, written as `0,2`, what `nft` is told. */
  readonly choose: Readonly<Record<string, string>>;
  /** What makes the node forget the flows to a target; none where it translates. */
  readonly forget: readonly string[];
}
