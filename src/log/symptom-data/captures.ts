import type { ToCapture } from "../symptom.ts";

const ring = (file: string, filter: string): string => `tcpdump -i any -s 128 -C 100 -W 20 -w ${file} '${filter}'`;

export const AT_CLIENT: ToCapture = {
  where: "the client",
  command: ring("client.pcap", "tcp and host SERVER and port PORT"),
};
export const AT_SERVER: ToCapture = {
  where: "the server or target",
  command: ring("server.pcap", "tcp and port PORT"),
};
export const AT_PROXY: ToCapture = {
  where: "the proxy, on the side of its upstream",
  command: ring("proxy.pcap", "tcp and host UPSTREAM and port PORT"),
};
export const OPENING: ToCapture = {
  where: "the client",
  command: ring("client.pcap", "(tcp[tcpflags] & (tcp-syn|tcp-rst) != 0 and host SERVER) or icmp or icmp6"),
};
export const OPENING_AT_SERVER: ToCapture = {
  where: "the server or target",
  command: ring("server.pcap", "(tcp[tcpflags] & (tcp-syn|tcp-rst) != 0 and port PORT) or icmp or icmp6"),
};
export const WITH_TLS: ToCapture = {
  where: "the client, with the process's TLS secrets (SSLKEYLOGFILE)",
  command: "tcpdump -i any -s 0 -C 100 -W 20 -w client.pcap 'tcp and host SERVER and port PORT'",
};
export const HTTP2_DEBUG: ToCapture = {
  where: "the Go client",
  command: "GODEBUG=http2debug=2 PROGRAM 2> http2debug.log",
};
export const CLIENT_COUNTERS: ToCapture = {
  where: "the client",
  command: "nstat -az > nstat-before.txt; ss -tanio > ss.txt; sysctl -a > sysctl.txt",
};
export const SERVER_COUNTERS: ToCapture = {
  where: "the server or target",
  command: "nstat -az > nstat-before.txt; sleep 60; nstat -az > nstat-after.txt; ss -lnt > listen.txt",
};
export const CONNTRACK: ToCapture = {
  where: "the host that translates addresses",
  command: "conntrack -S > conntrack-stats.txt; conntrack -L > conntrack.txt; sysctl -a > sysctl.txt",
};
export const AUDIT: ToCapture = {
  where: "the API server",
  command: 'grep \'"resource":"leases"\' /var/log/kubernetes/audit.log > audit.log',
};
