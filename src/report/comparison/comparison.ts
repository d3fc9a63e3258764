import type { Explanation } from "../../incident/explanation.ts";

/** Runs of one scenario and its variants beside each other, for a report: what was counted and what was found. */
export interface Comparison {
  readonly scenario: string;
  readonly title: string;
  readonly about: string;
  readonly kernel: string;
  readonly rows: readonly ComparedRun[];
}

export interface ComparedRun {
  /** `vanilla`, `base`, or a variant's name. */
  readonly name: string;
  readonly title: string;
  readonly kind: "vanilla" | "base" | "mitigation" | "variation";
  readonly seed: number;
  readonly timeScale: number;
  readonly seconds: number;
  /** What this run did differently from the scenario. */
  readonly adapted: readonly string[];
  /** Connections that the clients opened, of which so many were told to go away by their servers. */
  readonly opened: number;
  readonly toldToGo: number;
  /** SYNs on open connections, by the servers' kernels' own count. */
  readonly challenged: number;
  /** Lines of logs that say a connection was lost, and nodes that were said to be NotReady. */
  readonly lostInLogs: number;
  readonly notReady: number;
  /** What kubectl's watch met; absent: nobody watched. */
  readonly kubectl?: KubectlWatch;
  readonly expected: string;
  readonly found: string;
  readonly agrees: boolean;
  /** By server, over time: the figures of the account. */
  readonly servers: readonly ServerSeries[];
  readonly explanation: Explanation;
  /** Who stood where; absent: not drawn. */
  readonly layout?: Layout;
  /** One collision of this run, from its captures; absent: there was none, or none whole. */
  readonly collision?: Collision;
}

export interface KubectlWatch {
  readonly lost: number;
  readonly begun: number;
  /** What it printed around its first loss, until it was watching again; absent: it lost nothing. */
  readonly printed?: readonly PrintedLine[];
}

export interface PrintedLine {
  readonly text: string;
  /** It tells of a watch that was lost. */
  readonly lost?: true;
}

/** The hosts of a run by what they are, with their addresses. */
export interface Layout {
  readonly clients: readonly Place[];
  readonly nodes: readonly Place[];
  readonly servers: readonly Place[];
}

export interface Place {
  readonly name: string;
  readonly address: string;
}

/** Two connections of one client port that met at one server. */
export interface Collision {
  /** The client's address and port. */
  readonly client: string;
  /** Where each was opened to: addresses of balancer nodes, with the port. */
  readonly older: string;
  readonly newer: string;
  /** Both of them, as the client's capture has them. */
  readonly atClient: readonly SeenPacket[];
  /** The name of the server that both came to, and both of them as its capture has them. */
  readonly server?: string;
  readonly atServer: readonly SeenPacket[];
}

export interface SeenPacket {
  /** As Wireshark numbers it. */
  readonly packet: number;
  /** Seconds since the run's start. */
  readonly at: number;
  readonly connection: "older" | "newer";
  readonly fromClient: boolean;
  readonly flags: string;
  /** Relative to the connection's first, as Wireshark has them. */
  readonly seq: number;
  readonly ack?: number;
  readonly length: number;
  /** What was said in it, decrypted: `PING`, `GOAWAY …`. */
  readonly says: readonly string[];
  /** What is notable in it: a SYN on an open connection, a challenge ACK, a segment sent again, numbers of another connection. */
  readonly notes: readonly ("syn-on-open" | "challenge" | "again" | "foreign" | "port-reused")[];
}

/** What one server counted, at seconds since the start. */
export interface ServerSeries {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly connections: number; readonly requests: number }[];
}
