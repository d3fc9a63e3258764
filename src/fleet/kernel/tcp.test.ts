import { expect, test } from "vitest";
import { type Seen, VirtualNetwork } from "../../../tests/helpers/virtual-network.ts";
import { ESTABLISHED } from "./layout.ts";
import { abort, close } from "./tcp.ts";

const line = ({ from, to, flags, length }: Seen): string => `${from} > ${to} ${flags}${length > 0 ? ` ${length}` : ""}`;
const gaps = (segments: readonly Seen[]): number[] =>
  segments.slice(1).map((segment, i) => Math.round((segment.at - (segments[i] as Seen).at) * 10) / 10);

test("a connection opens, carries a request and its answer, and closes from the client", () => {
  const net = new VirtualNetwork();
  net.onMessage = (sk, kind) => kind === 1 && net.send(sk, 2, 3000);
  const sk = net.connect(40_000, 0);
  net.advance(10);
  net.send(sk, 1, 100);
  net.advance(100);
  close(net.kernel, sk);
  net.advance(10);
  expect(net.at("client").map(line)).toEqual([
    "client:40000 > node1:443 SYN",
    "node1:443 > client:40000 SYN, ACK",
    "client:40000 > node1:443 ACK",
    "client:40000 > node1:443 PSH, ACK 100",
    "node1:443 > client:40000 ACK 1448",
    "node1:443 > client:40000 ACK 1448",
    "client:40000 > node1:443 ACK",
    "node1:443 > client:40000 PSH, ACK 104",
    "client:40000 > node1:443 ACK",
    "client:40000 > node1:443 FIN, ACK",
    "node1:443 > client:40000 ACK",
  ]);
  expect(net.heard.map((text) => text.split(" ").slice(1).join(" "))).toEqual([
    "client opened",
    "target1 opened",
    "target1 got 1",
    "client got 2",
    "target1 ended",
  ]);
  // From the target to the client: two links with a router each, and the node between them.
  expect(net.at("client").find(({ flags }) => flags === "SYN, ACK")?.ttl).toBe(61);
  const server = net.accepted[0] as number;
  close(net.kernel, server);
  net.advance(61_000);
  expect(net.kernel.sockets.count).toBe(0);
  expect(net.kernel.packets.count).toBe(0);
});

test("a port in TIME-WAIT is taken again after a second where tcp_tw_reuse is 1, with a number behind the old ones", () => {
  for (const twReuse of [0, 1, 2]) {
    const net = new VirtualNetwork();
    const sk = net.connect(40_000, 0);
    net.advance(10);
    net.send(sk, 1, 100);
    net.advance(100);
    close(net.kernel, sk);
    close(net.kernel, net.accepted[0] as number);
    net.advance(900);
    expect(net.dial(40_000, 0, twReuse), "TIME-WAIT, less than a second").toBe(-1);
    net.advance(200);
    const mark = net.seen.length;
    const again = net.dial(40_000, 0, twReuse);
    if (twReuse !== 1) {
      expect(again).toBe(-1);
      // The same port towards another address waits for nothing.
      expect(net.dial(40_000, 1, twReuse)).toBeGreaterThanOrEqual(0);
      continue;
    }
    net.advance(10);
    const fin = net.at("client").find(({ flags }) => flags === "FIN, ACK") as Seen;
    const [syn, answer] = net.at("client", mark) as [Seen, Seen];
    expect([syn.flags, answer.flags]).toEqual(["SYN", "SYN, ACK"]);
    // tw_snd_nxt + 65535 + 2.
    expect((syn.seq - (fin.seq + 1)) >>> 0).toBe(65_537);
  }
});

/** Two connections of one client port to two balancer nodes that have one target. */
function collision(options: ConstructorParameters<typeof VirtualNetwork>[0] = {}): {
  net: VirtualNetwork;
  old: number;
  mark: number;
  young: number;
} {
  const net = new VirtualNetwork(options);
  const old = net.connect(42_852, 0);
  net.advance(5);
  net.send(old, 1, 70);
  net.advance(1000);
  const mark = net.seen.length;
  const young = net.connect(42_852, 1);
  net.advance(200);
  return { net, old, mark, young };
}

test("collision: SYN, challenge ACK, RST with its number, the same SYN soon after, and the newer connection works", () => {
  const { net, mark, old, young } = collision();
  const at = net.at("client", mark);
  expect(at.map(line).slice(0, 6)).toEqual([
    "client:42852 > node2:443 SYN",
    "node2:443 > client:42852 ACK",
    "client:42852 > node2:443 RST",
    "client:42852 > node2:443 SYN",
    "node2:443 > client:42852 SYN, ACK",
    "client:42852 > node2:443 ACK",
  ]);
  const [syn, challenge, reset, again] = at as [Seen, Seen, Seen, Seen];
  expect(reset.seq).toBe(challenge.ack);
  expect(again.seq).toBe(syn.seq);
  expect(again.at - syn.at).toBeGreaterThanOrEqual(8);
  expect(again.at - syn.at).toBeLessThan(16);
  expect(net.heard.filter((text) => text.includes("target1 reset"))).toHaveLength(1);
  expect(net.heard.filter((text) => text.includes("collided"))).toHaveLength(1);
  // The client believes in both.
  expect([net.state(old), net.state(young)]).toEqual([ESTABLISHED, ESTABLISHED]);
});

test("collision: what the older connection says next is answered with the newer one's numbers, at the pace of tcp_invalid_ratelimit", () => {
  const { net, old } = collision();
  net.advance(29_000);
  const mark = net.seen.length;
  net.send(old, 9, 17);
  net.advance(15_000);
  const at = net.at("client", mark);
  const pings = at.filter(({ length }) => length === 17);
  // Tail loss probe, then retransmissions that double: 0.2, 0.2, 0.4, 0.8, 1.7, 3.3, 6.7 s on Linux 6.18
  expect(gaps(pings).map((gap) => Math.round(gap / 100) / 10)).toEqual([0.2, 0.2, 0.4, 0.8, 1.6, 3.3, 6.6]);
  const answers = at.filter(({ from }) => from === "node1:443");
  expect(answers.length).toBeGreaterThan(pings.length);
  const [ping] = pings as [Seen];
  for (const answer of answers) {
    expect(answer.flags).toBe("ACK");
    expect(answer.ack).not.toBe(ping.seq + 17);
  }
  // Bare ACKs of the client: the other half of the loop, two a second at most.
  const bare = at.filter(({ from, length }) => from === "client:42852" && length === 0);
  expect(bare.length).toBeGreaterThan(5);
  expect(Math.min(...gaps(bare))).toBeGreaterThanOrEqual(499.9);
});

test("collision: when the older connection speaks, replies of the newer one go astray and it starves", () => {
  const { net, old } = collision();
  const server = net.accepted.at(-1) as number;
  net.send(old, 9, 17);
  net.advance(1);
  const mark = net.heard.length;
  net.send(server, 7, 300);
  net.advance(60_000);
  // The older connection repeats its PING and draws the replies to its own node again and again.
  const stray = net.seen.filter(
    ({ place, from, length }) => place === "client" && from === "node1:443" && length === 300,
  );
  expect(stray.length).toBeGreaterThan(0);
  expect(net.heard.slice(mark).filter((text) => text.includes("client got 7"))).toEqual([]);
});

test("collision with replies that follow the first flow: the newer connection times out, the older one lives", () => {
  const { net, mark, old, young } = collision({ balancer: { replyPath: "first" } });
  net.advance(5000);
  const at = net.at("client", mark);
  expect(at.filter(({ flags }) => flags === "RST")).toEqual([]);
  expect(at.filter(({ from, flags }) => from === "node1:443" && flags === "ACK").length).toBeGreaterThan(0);
  expect(net.state(old)).toBe(ESTABLISHED);
  expect(net.state(young)).not.toBe(ESTABLISHED);
});

test("no collision where the node translates addresses", () => {
  const { net, old, young } = collision({ balancer: { preserveClientIp: false } });
  expect(net.heard.filter((text) => text.includes("collided"))).toEqual([]);
  expect([net.state(old), net.state(young)]).toEqual([ESTABLISHED, ESTABLISHED]);
});

test("a connection that was closed meanwhile is answered by a plain reset of the target's", () => {
  const { net, old } = collision();
  abort(net.kernel, net.accepted.at(-1) as number);
  net.advance(10);
  const mark = net.seen.length;
  net.send(old, 9, 17);
  net.advance(10);
  const [, reset] = net.at("client", mark) as [Seen, Seen];
  expect([reset.flags, reset.ttl, reset.id]).toEqual(["RST", 61, 0]);
  expect(net.heard.at(-1)).toContain("client reset");
});

test("a forgotten flow: the next packet is reset by the node, and the target never hears of it", () => {
  const net = new VirtualNetwork();
  const sk = net.connect(40_000, 0);
  net.advance(351_000);
  const mark = net.seen.length;
  net.send(sk, 1, 100);
  net.advance(100);
  expect(net.at("target1", mark)).toEqual([]);
  const [sent, reset] = net.at("client", mark) as [Seen, Seen];
  expect([reset.flags, reset.seq, reset.ttl, reset.id]).toEqual(["RST", sent.ack, 63, 0]);
  expect(net.heard.at(-1)).toContain("client reset");
});

test("a forgotten flow whose packets are dropped: retransmissions until the kernel gives up", () => {
  const net = new VirtualNetwork({ balancer: { forgotten: "drop" } });
  const sk = net.connect(40_000, 0);
  net.advance(351_000);
  const mark = net.seen.length;
  net.send(sk, 1, 100);
  net.advance(2_000_000);
  const sent = net.at("client", mark);
  // One, its probe, and tcp_retries2 repeats.
  expect(sent).toHaveLength(17);
  expect(gaps(sent).at(-1)).toBeCloseTo(120_000, -2);
  expect(net.heard.at(-1)).toContain("client timeout");
});

test("keepalive keeps a flow alive, and notices a peer that is gone", () => {
  const net = new VirtualNetwork({ keepalive: { idleNs: 60e9, intervalNs: 5e9, probes: 3 } });
  const sk = net.connect(40_000, 0, 0);
  net.advance(1_000_000);
  expect(net.at("target1").filter(({ flags }) => flags === "ACK").length).toBeGreaterThan(15);
  net.places.setLost(net.targets[0] as number, true);
  net.advance(76_000);
  expect(net.heard.at(-1)).toContain("client timeout");
  expect(net.state(sk)).not.toBe(ESTABLISHED);
});

test("keepalive at times that are no whole nanoseconds waits once for a silence, not for ever", () => {
  // A retransmission after 1.3 round trips, say, is heard at such a time; on it goes to a moment at which doubles are coarser.
  for (let i = 1; i <= 60; i++) {
    const net = new VirtualNetwork({ keepalive: { idleNs: 15e9, intervalNs: 15e9, probes: 9 } });
    const { queue } = net.kernel;
    const push = queue.push.bind(queue);
    queue.push = (...event: Parameters<typeof push>) => {
      if (queue.pushed > 1000) throw new Error(`an event at ${event[0]} ns, after a thousand others`);
      push(...event);
    };
    net.advance(0.1 * Math.SQRT2 * i);
    net.connect(40_000, 0, 0);
    net.advance(100_000);
    const sent = net.at("client").filter(({ from }) => from.startsWith("client"));
    expect(gaps(sent.slice(2)).map(Math.round)).toEqual([15_000, 15_000, 15_000, 15_000, 15_000]);
  }
});

test("nobody listens: refused. Nobody answers: SYNs a second apart, then doubling, and a timeout", () => {
  const net = new VirtualNetwork();
  net.listening = false;
  net.connect(40_000, 0);
  net.advance(10);
  expect(net.at("client").map(({ flags }) => flags)).toEqual(["SYN", "RST, ACK"]);
  expect(net.heard).toEqual(["0.1 client refused"]);
  net.places.setLost(net.targets[0] as number, true);
  const mark = net.seen.length;
  net.connect(40_002, 0);
  net.advance(200_000);
  expect(gaps(net.at("client", mark))).toEqual([1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16_000, 32_000]);
  expect(net.heard.at(-1)).toContain("client timeout");
});

test("hairpin: a target that reaches itself through a node hears nothing, since the packet bears its own address", () => {
  const net = new VirtualNetwork();
  net.connect(40_000, 0, -1, net.targets[0]);
  net.advance(3500);
  expect(
    net
      .at("target1")
      .map(({ from, to, flags }) => `${from} > ${to} ${flags}`)
      .slice(0, 4),
  ).toEqual([
    "target1:40000 > node1:443 SYN",
    "target1:40000 > target1:443 SYN",
    "target1:40000 > node1:443 SYN",
    "target1:40000 > target1:443 SYN",
  ]);
  expect(net.heard).toEqual([]);
});

test("lost segments are sent again, and everything arrives in order", () => {
  const net = new VirtualNetwork({ loss: 0.05, jitterMs: 0.2, seed: 3 });
  const sk = net.connect(40_000, 0);
  net.advance(10_000);
  for (let i = 1; i <= 50; i++) net.send(sk, i, 5000);
  net.advance(120_000);
  const got = net.heard.filter((text) => text.includes("got")).map((text) => Number(text.split(" ").at(-1)));
  expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  expect(net.at("client").filter(({ length }) => length > 0).length).toBeGreaterThan(175);
});

test("data for a process that has closed is answered with a reset", () => {
  const net = new VirtualNetwork();
  const sk = net.connect(40_000, 0);
  net.advance(10);
  close(net.kernel, net.accepted[0] as number);
  net.advance(0.01);
  net.send(sk, 1, 100);
  net.advance(10);
  expect(
    net
      .at("client")
      .map(({ flags }) => flags)
      .slice(3),
  ).toEqual(["PSH, ACK", "FIN, ACK", "ACK", "RST", "RST"]);
  expect(net.heard.at(-1)).toContain("client reset");
});

test("a port in TIME-WAIT at the target is taken by a newer SYN (RFC 6191)", () => {
  const net = new VirtualNetwork();
  const sk = net.connect(40_000, 0);
  net.advance(10);
  close(net.kernel, net.accepted[0] as number);
  net.advance(10);
  close(net.kernel, sk);
  net.advance(1000);
  net.connect(40_000, 0);
  net.advance(10);
  expect(net.heard.filter((text) => text.includes("target1 opened"))).toHaveLength(2);
});
