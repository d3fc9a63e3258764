/** The software that plays the application balancer. */
export type ProxySoftware = "nginx" | "haproxy" | "nghttpx";
export const PROXIES: readonly ProxySoftware[] = ["nginx", "haproxy", "nghttpx"];

export interface ProxyPlace {
  readonly address: string;
  readonly port: number;
  readonly targets: readonly string[];
  /** Towards clients. */
  readonly protocol: "http1" | "http2";
  readonly targetProtocol: "http1" | "http2";
  /** Folders for its configuration and what it keeps, and for its logs. */
  readonly work: string;
  readonly logs: string;
  readonly keyFile: string;
  readonly certFile: string;
  /** Key and certificate in one file. */
  readonly bothFile: string;
}

/** One balancer as one software: what is in its file, how it is started, and how it takes a changed file while it runs. */
export interface PlannedProxy {
  readonly config: string;
  readonly argv: readonly string[];
  /** Makes it read its file again; clients that hold HTTP/2 connections are told to go away by some. */
  readonly reload: "SIGHUP" | "SIGUSR2";
  /** What it prints is an access log, as its user would keep. */
  readonly logs: boolean;
  /** What it does otherwise than the scenario says, one sentence each. */
  readonly said: readonly string[];
}

/** The name of the configuration below `work`. */
export const CONFIG = "proxy.conf";
