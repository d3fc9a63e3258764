import type { SettingKey } from "../setting.ts";
import type { Format } from "./file-reader.ts";
import type { Reading, Written } from "./reading.ts";
import { count, type Parse, seconds } from "./units.ts";

export const sysctl: Format = {
  id: "sysctl",
  title: "sysctl -a, /etc/sysctl.conf, /etc/sysctl.d/*.conf",
  recognise: (name, head) => {
    const lines = head.match(/^[ \t]*-?(?:net|kernel|fs|vm|user|abi|debug|dev)[./][\w./-]+[ \t]*=/gm)?.length ?? 0;
    if (lines === 0) return 0;
    return /sysctl/.test(name) ? 0.95 : Math.min(0.9, 0.4 + lines / 10);
  },
  read: readLines,
};

/** Kernel settings that rules compare, by their names in Documentation/networking/ip-sysctl.rst and nf_conntrack-sysctl.rst. */
const KNOWN: ReadonlyMap<string, readonly [SettingKey, Parse]> = new Map([
  ["net.ipv4.tcp_keepalive_time", ["hostTcpKeepaliveMs", seconds]],
  ["net.ipv4.tcp_keepalive_intvl", ["hostTcpKeepaliveIntervalMs", seconds]],
  ["net.ipv4.tcp_keepalive_probes", ["hostTcpKeepaliveProbes", count]],
  ["net.ipv4.tcp_retries2", ["hostRetries2", count]],
  ["net.ipv4.tcp_tw_reuse", ["hostTwReuse", count]],
  ["net.ipv4.tcp_fin_timeout", ["hostFinTimeoutMs", seconds]],
  ["net.netfilter.nf_conntrack_tcp_timeout_established", ["conntrackEstablishedMs", seconds]],
  ["net.netfilter.nf_conntrack_max", ["conntrackMax", count]],
  ["net.nf_conntrack_max", ["conntrackMax", count]],
]);

const LINE = /^[ \t]*-?([a-z][\w./-]{1,200})[ \t]*=[ \t]*(.{0,200}?)[ \t\r]*$/;

/** The kernel itself takes the last line of a name; so is it here. */
function readLines(reading: Reading, text: string): void {
  const hop = reading.hop({
    name: "host",
    role: "host",
    layer: 4,
    product: "linux",
    line: 1,
    key: "sysctl",
    onlyWithSettings: true,
  });
  let line = 0;
  for (const raw of text.split("\n")) {
    line++;
    if (/^[ \t]*(?:[#;]|$)/.test(raw.replace("\r", ""))) continue;
    const m = LINE.exec(raw);
    if (m === null) {
      // `sysctl -a` prints what it may not read to the same terminal.
      if (!/^sysctl: /.test(raw))
        reading.problem("malformed", line, "not a line of the form name = value", { level: "warning" });
      continue;
    }
    const name = (m[1] ?? "").includes(".") ? (m[1] ?? "") : (m[1] ?? "").replaceAll("/", ".");
    readSysctlValue(hop, { line, key: name, text: (m[2] ?? "").replace(/\s+/g, " ") });
  }
}

/** One kernel setting, wherever it is written. */
export function readSysctlValue(hop: ReturnType<Reading["hop"]>, at: Written): void {
  const known = KNOWN.get(at.key);
  if (known !== undefined) hop.take(known[0], at, known[1]);
  if (at.key !== "net.ipv4.ip_local_port_range") return;
  const ports = /^(\d{1,5})\s+(\d{1,5})$/.exec(at.text.trim());
  const port = (text: string | undefined) => (): number | undefined =>
    text !== undefined && Number(text) < 65_536 ? Number(text) : undefined;
  hop.take("localPortFirst", at, port(ports?.[1]));
  if (ports !== null) hop.take("localPortLast", at, port(ports[2]));
}
