import type { Setting, SettingKey, Source } from "./setting.ts";

/**
 * What a hop does with connections. `client` opens them. `box` forwards packets and remembers flows (layer 4: network
 * balancers, NAT, firewalls). `proxy` ends its client's connection and opens its own towards the server (layer 7).
 * `server` ends them. `host` is a machine whose kernel settings belong to whichever hop runs on it. `detector` declares
 * others dead when it hears nothing of them.
 */
export type HopRole = "client" | "box" | "proxy" | "server" | "host" | "detector";

export type Layer = 4 | 7;

/** How the parts of an address speak on the connections that a hop accepts. */
export type Protocol = "tcp" | "http1" | "http2";

/**
 * What rides on a path. `http`: requests and answers, with idle connections kept for the next. `streams`: answers or
 * calls that stay open for long (gRPC, WebSocket, event streams). `watches`: streams on which only the server speaks, rarely.
 */
export type Traffic = "http" | "streams" | "watches";

/** One hop of a path, with everything known of it. */
export interface Hop {
  /** Unique in its path. */
  readonly id: string;
  /** The catalogue's name of it, for instance `aws-nlb`. */
  readonly product?: string;
  readonly version?: string;
  readonly role: HopRole;
  readonly layer: Layer;
  readonly protocol?: Protocol;
  /** What it speaks on the connections that it opens, where its configuration says so. */
  readonly serverProtocol?: Protocol;
  readonly settings: ReadonlyMap<SettingKey, Setting>;
  /** Where the hop is declared. */
  readonly source?: Source;
}

/**
 * Which part of a hop a fragment is, where several objects say together what one hop does. `base`: settings that hold under every other of
 * its product (a controller's ConfigMap). `balancer`, `listener` and `targets`: what a cloud lists apart, joined by the names that they give each
 * other. `overlay`: attributes of one of those, which do not say of which. `route`: what belongs to `of` alone.
 */
export interface Part {
  readonly kind: "base" | "balancer" | "listener" | "targets" | "overlay" | "route";
  /** How others name it. Compared, never printed. */
  readonly id?: string;
  /** The others that it names. */
  readonly of: readonly string[];
}

/** What a reader found out about one hop from one file. Defaults are left out: the catalogue fills them later. */
export interface HopFragment {
  /** Names it within its file for a person, and is stable, for instance `upstream app` or `backend web`. */
  readonly name: string;
  /** Absent where the file does not decide it. */
  readonly product?: string;
  readonly version?: string;
  readonly role: HopRole;
  readonly layer: Layer;
  readonly protocol?: Protocol;
  readonly serverProtocol?: Protocol;
  readonly settings: readonly Setting[];
  readonly part?: Part;
  /** Where its section begins. */
  readonly source: Source;
}

/** Whether a name of a `path.yaml` means a hop: its own, or one of the routes that a hop of that name was found to have. */
export const isMeant = (named: string, id: string): boolean => id === named || id.startsWith(`${named}/`);

/** One way from a client to a server through hops of a path. */
export interface Branch {
  readonly name?: string;
  /** Ids of hops, the client first. */
  readonly hops: readonly string[];
  readonly carries: readonly Traffic[];
}

/** How much goes over a path; what is not said is not judged. */
export interface Load {
  /** Connections that one client host has open towards the balancer at once. */
  readonly connectionsPerClient?: number;
  /** Hosts that open connections. */
  readonly clients?: number;
  readonly requestsPerSecondPerConnection?: number;
  /** Targets behind the balancer. */
  readonly targets?: number;
  /** Addresses of the balancer. */
  readonly balancerNodes?: number;
  /** How long an old connection lives on after GOAWAY, for instance the life of a watch. */
  readonly lingerMs?: number;
  /** New connections a second of one client host towards one destination. */
  readonly newConnectionsPerSecond?: number;
}

/** Hops from client to server, how traffic goes through them, and who draws conclusions from silence behind it. */
export interface Path {
  readonly name: string;
  readonly hops: readonly Hop[];
  readonly branches: readonly Branch[];
  /** Failure detectors; the id of the hop through which each hears of others. */
  readonly detectors: readonly { readonly hop: Hop; readonly hearsThrough?: string }[];
  /** Round-trip time between neighbours, the largest. */
  readonly roundTripMs: number;
  /** Whether clients run on the hosts that are targets too. */
  readonly clientsAreTargets: boolean;
  readonly load: Load;
  /** The file that says so, if one does. */
  readonly file?: string;
}
