/**
 * The trace notation: a connection's story in a few lines of text, turned into real packets.
 *
 *     # A request meets a server that has just closed.
 *     client = 10.1.2.3:42852
 *     server = 10.9.9.9:443 ttl=61
 *
 *     0.000  client > server  OPEN rtt=0.010
 *     0.100  client > server  PSH,ACK  data="GET / HTTP/1.1\r\nHost: a\r\n\r\n"
 *     +0.010 server > client  PSH,ACK  len=300                 ; the answer
 *     5.200  server > client  FIN,ACK
 *     5.201  client > server  PSH,ACK  len=80  ack=301         ; the FIN has not been seen yet
 *     +0.010 server > client  RST
 *
 * Ends, one a line, before the first packet: `name = address:port` (`[2001:db8::1]:443`; a router
 * has no port), then any of `ttl=61` (TTL of its packets here; 64), `mac=02:00:00:00:00:09`,
 * `as=other`. `as` says that this end is `other` under another address (address translation, a
 * target behind a balancer): its connections start with the same numbers. Two names may share one
 * address: numbers are kept by name, so `old = 10.2.0.7:443 as=vip1` and `new = 10.2.0.7:443
 * as=vip2` tell the two connections of one socket pair apart.
 *
 * Sections: `== target` begins the capture of another vantage point (file `target.pcap`). Without
 * one, all is `capture.pcap`. Attributes: `clock=+0.35` (its clock is 0.35 s ahead; times are
 * written in true time everywhere), `link=ethernet|raw|sll|sll2|null|vlan`, `snap=96`, and
 * `client.ttl=61` for an end's TTL in that section. Numbers start anew and come out the same.
 *
 * `== log client.log` begins a log: its lines up to the next `==` are read by the real log reader. Packets
 * begin at 2026-01-01T00:00:00Z (second 0), which the lines' times must fit.
 *
 * Packets: `time sender > receiver FLAGS attributes ; note`. Time is in seconds, or `+0.010` after the
 * line before. Flags joined by commas (`SYN,ACK`), `-` for none. Relative numbers as in Wireshark:
 * the SYN is 0, the first byte 1. Attributes, all optional:
 *
 *     seq=    next (default), next-1, next+100, 17, or raw:4294967295; a SYN's is 0
 *     ack=    the same words; by default all that the other end has sent so far, 0 without ACK flag
 *     len=300 | data="text" | hex=1603.. | tls=app:17    payload; tls=hs|ccs|alert|app:length makes a
 *             record with header and that many bytes; several are joined
 *     h2="preface settings headers:1:GET:/x:end goaway:1"   HTTP/2 frames in the clear: see trace-http2.ts
 *     repeat  sends the sender's last segment with data, SYN or FIN again
 *     new     on a SYN: another connection on the same four-tuple, with other numbers
 *     in=a>b  takes its numbers from the connection a>b (a plays the sender): a foreign ACK, the RST
 *             that answers one, live data that arrives from the wrong address
 *     win= ttl= ipid= mac=       header fields as they stand on the wire (win unscaled)
 *     opt=none | opt=mss:1460,sack,ts,ws:7    default: all four on a SYN, ts on the rest, none on RST
 *     opt=ts,sack:1449-2149    a selective acknowledgment of these relative numbers of the other side
 *     ts=value/echo              timestamp values (default: a clock of 1 ms)
 *
 * `RST,ACK` in answer to a SYN has the numbers of RFC 9293 §3.10.7.1 (seq 0 raw). IP id counts up by
 * sender; it is 0 on SYN-ACK and RST, as Linux sends them.
 *
 *     time a > b OPEN [rtt=0.001] [back=0.00001]   SYN, SYN-ACK rtt later, ACK back later: 3 packets
 *     time a > b CLOSE [rtt=0.001]                 FIN of a, FIN of b, ACK of a: 3 packets
 *     time router ICMP admin-prohibited quoting 3  ICMP or ICMPv6 error that quotes packet 3 of this
 *             section (`quoting last`: the packet before); to the quoted packet's sender. Names:
 *             net-unreachable host-unreachable port-unreachable net-prohibited host-prohibited
 *             admin-prohibited too-big ttl-exceeded policy, or type/code as in 3/13
 *
 * The packets go through the real survey, selection, zoom and join: a flow without anything suspicious has no trail.
 * `#` begins a comment line. A mistake in a trace throws with its line number.
 */

import { SIGNATURES } from "../../src/signature/index.ts";
import type { Finding } from "../../src/signature/signature.ts";
import { sceneOfTrace } from "./trace-scene.ts";

export { parseTrace } from "./trace-parser.ts";
export { sceneOfTrace } from "./trace-scene.ts";

/** What every signature finds in a trace, in the order of the index. */
export function findingsOfTrace(text: string): Finding[] {
  const scene = sceneOfTrace(text);
  return SIGNATURES.flatMap((signature) => signature.detect(scene));
}
