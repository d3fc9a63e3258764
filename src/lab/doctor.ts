import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { LabTools } from "../netns/lab-options.ts";
import { PROXIES } from "../netns/proxy/proxy.ts";
import { goSources } from "./go-programs.ts";
import { AS_NOBODY, AS_ROOT, AS_USER } from "./unshare-arguments.ts";

/** One thing that the lab needs or can make use of. */
export interface Examined {
  readonly what: string;
  readonly found: boolean;
  /** Without it nothing runs; otherwise what is missing then. */
  readonly needed: boolean;
  readonly detail: string;
}

export interface Diagnosis {
  readonly examined: readonly Examined[];
  readonly canRun: boolean;
  /** The one command that installs what can be installed; absent: nothing is missing, or no way is known. */
  readonly install?: string;
  readonly tools: LabTools;
}

/** Programs, the Debian package that has each, whether nothing runs without, and what for. */
const PROGRAMS: readonly (readonly [program: string, pack: string, needed: boolean, use: string])[] = [
  ["unshare", "util-linux", true, "namespaces of the run's own"],
  ["nsenter", "util-linux", true, "programs in them"],
  ["ip", "iproute2", true, "cables, addresses and routes"],
  ["nft", "nftables", true, "balancer nodes"],
  ["sysctl", "procps", true, "kernel settings of the namespaces"],
  ["tcpdump", "tcpdump", true, "captures"],
  ["nstat", "iproute2", false, "counters of the kernel"],
  ["ss", "iproute2", false, "tables of sockets"],
  ["ethtool", "ethtool", false, "segments as on a wire; without it captures show larger ones"],
  ["conntrack", "conntrack", false, "tables of balancers that translate"],
  ["nginx", "nginx-light", false, "application balancers"],
  ["haproxy", "haproxy", false, "application balancers, with --proxy haproxy"],
  ["nghttpx", "nghttp2-proxy", false, "application balancers, with --proxy nghttpx"],
  ["go", "golang-go", false, "clients with Go's net/http and their debug logs"],
  ["kubectl", "kubernetes-client", false, "a real watch in lab compare"],
];

/** What this machine has and lacks. */
export function examine(): Diagnosis {
  const examined: Examined[] = [];
  if (process.platform !== "linux") {
    const detail = `the lab is made of Linux's namespaces and nftables; this is ${process.platform}. Run it in a Linux machine or container (docker run --privileged)`;
    return { examined: [{ what: "Linux", found: false, needed: true, detail }], canRun: false, tools: NO_TOOLS };
  }
  const missing = new Set<string>();
  for (const [program, pack, needed, use] of PROGRAMS) {
    const found = onPath(program);
    if (!found) missing.add(pack);
    examined.push({ what: program, found, needed, detail: use });
  }
  if (onPath("go") && goSources() === undefined) {
    missing.add("golang-golang-x-net-dev");
    examined.push({
      what: "golang.org/x/net",
      found: false,
      needed: false,
      detail: "what the Go clients are built with",
    });
  }
  const root = process.getuid?.() === 0;
  const inside = root ? AS_ROOT : [...AS_USER, "unshare", ...AS_NOBODY];
  const world = (argv: readonly string[]): { readonly ok: boolean; readonly said: string } => {
    const { status, stderr } = spawnSync("unshare", [...inside, ...argv], { encoding: "utf8", timeout: 10_000 });
    return { ok: status === 0, said: (stderr ?? "").trim().split("\n").at(-1) ?? "" };
  };
  const spaces = onPath("unshare") ? world(["true"]) : { ok: false, said: "" };
  const how = root ? "as root" : "without root, in a user namespace";
  const hint = root
    ? spaces.said
    : `${spaces.said}; allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or run it as root`;
  examined.push({ what: "namespaces", found: spaces.ok, needed: true, detail: spaces.ok ? how : hint });
  const tables = spaces.ok && onPath("nft") ? world(["nft", "add", "table", "ip", "probe"]) : { ok: false, said: "" };
  examined.push({
    what: "nftables",
    found: tables.ok,
    needed: true,
    detail: tables.ok ? "rules in a namespace" : `the kernel takes no rules: ${tables.said}`,
  });
  const netem =
    spaces.ok && onPath("tc") && world(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]).ok;
  const line = !netem && root && existsSync("/dev/net/tun") && goSources() !== undefined;
  examined.push({
    what: "delay",
    found: netem || line,
    needed: false,
    detail: netem
      ? "netem"
      : line
        ? "no netem; a delay line of the lab's own, over TAP devices"
        : "neither netem nor TAP devices with Go: links have no delay",
  });
  examined.push({
    what: "tracepoints",
    found: root,
    needed: false,
    detail: root ? "why the kernel sent each RST" : "for root only: why the kernel sent each RST",
  });
  const canRun = examined.every(({ found, needed }) => found || !needed);
  return {
    examined,
    canRun,
    ...(missing.size === 0 || !onPath("apt-get")
      ? {}
      : { install: `${root ? "" : "sudo "}apt-get install --no-install-recommends ${[...missing].sort().join(" ")}` }),
    tools: {
      delay: netem ? "netem" : line ? "line" : "none",
      conntrack: onPath("conntrack"),
      ethtool: onPath("ethtool"),
      kubectl: onPath("kubectl"),
      proxies: PROXIES.filter(onPath),
    },
  };
}

const NO_TOOLS: LabTools = { delay: "none", conntrack: false, ethtool: false, kubectl: false, proxies: [] };

/** Debian keeps what administrators need in /usr/sbin, which is not on everybody's path. */
export const SEARCHED: readonly string[] = [
  ...new Set([...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"]),
];

function onPath(program: string): boolean {
  return SEARCHED.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
