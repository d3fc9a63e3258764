import { describe, expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import { explainScene } from "./explain.ts";

/** A server that is gone answers the next request with RST; `LOG` stands for what the client logged. */
const RESET = `
client = 10.1.2.3:42852
server = 10.9.9.9:443
== client
1.000 client > server OPEN rtt=0.001
1.002 client > server PSH,ACK len=100
+0.001 server > client PSH,ACK len=300
+0.001 client > server ACK
9.000 client > server PSH,ACK len=100
+0.001 server > client RST
`;

/** Lines of Go's log package: no zone. */
const lines = (clock: string, fraction: string): string => `
== log client.log
2026/01/01 ${clock}01.${fraction} dialed 10.1.2.3:42852 -> 10.9.9.9:443
2026/01/01 ${clock}09.${fraction} read tcp 10.1.2.3:42852->10.9.9.9:443: read: connection reset by peer
`;

describe("a log's clock", () => {
  test("in another zone is moved by it, and says so", () => {
    const [log] = sceneOfTrace(RESET + lines("02:00:", "002000")).logs;
    expect(log?.clock).toMatchObject({ how: "aligned", offset: -7200e9, matched: 2, against: "client.pcap" });
    expect(log?.clock.uncertainty).toBeLessThan(10e6);
  });

  test("that goes wrong by seconds is moved only when enough events agree", () => {
    const dials = Array.from({ length: 4 }, (_, i) => {
      const name = `c${i}`;
      return {
        ends: `${name} = 10.1.2.3:${40000 + i}\n`,
        packets: `${2 * i + 1}.000 ${name} > server OPEN rtt=0.001\n+0.001 ${name} > server PSH,ACK len=9\n+0.001 server > ${name} RST\n`,
        line: `2026/01/01 00:00:${String(2 * i + 4).padStart(2, "0")}.501000 dialed 10.1.2.3:${40000 + i} -> 10.9.9.9:443\n`,
      };
    });
    const text = `server = 10.9.9.9:443\n${dials.map((d) => d.ends).join("")}== client\n${dials.map((d) => d.packets).join("")}== log client.log\n${dials.map((d) => d.line).join("")}`;
    const [log] = sceneOfTrace(text).logs;
    expect(log?.clock).toMatchObject({ how: "aligned", matched: 4 });
    expect((log?.clock.offset ?? 0) / 1e9).toBeCloseTo(-3.5, 2);
  });

  test("that no event relates to a capture is taken for UTC, and says so", () => {
    const [log] = sceneOfTrace(`${RESET}\n== log other.log\n2026/01/01 00:00:05 listening on :80\n`).logs;
    expect(log?.clock).toMatchObject({ how: "assumed", offset: 0, matched: 0 });
  });

  test("is found by coincidence where lines name no connection", () => {
    const ends = Array.from({ length: 5 }, (_, i) => `c${i} = 10.1.2.3:${40000 + i}\n`).join("");
    const at = [3, 11, 26, 47, 88];
    const packets = at
      .map(
        (s, i) =>
          `${s}.000 c${i} > server OPEN rtt=0.001\n+0.001 c${i} > server PSH,ACK len=9\n+0.001 server > c${i} RST\n`,
      )
      .join("");
    const told = at
      .map((s) => {
        const stamp = new Date(Date.UTC(2026, 0, 1, 5, 30, s))
          .toISOString()
          .slice(0, 19)
          .replace("T", " ")
          .replaceAll("-", "/");
        return `${stamp} [error] 7#7: *1 recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 10.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://backend/", host: "a"\n`;
      })
      .join("");
    const [log] = sceneOfTrace(`server = 10.9.9.9:443\n${ends}== client\n${packets}== log error.log\n${told}`).logs;
    expect(log?.clock).toMatchObject({ how: "aligned", offset: -19800e9, matched: 5 });
  });
});

describe("lines about a lost connection", () => {
  test("become its effects, with the link", () => {
    const { incidents } = explainScene(sceneOfTrace(RESET + lines("00:00:", "002000")));
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.effects).toMatchObject([
      {
        symptom: "connection-reset",
        evidence: { file: "client.log", line: 2 },
        because: "names both ends, 10.1.2.3:42852 and 10.9.9.9:443",
      },
    ]);
    expect(incidents[0]?.symptoms).toContain("connection-reset");
  });

  test("are told of no loss that they do not belong to", () => {
    const other = `
== log client.log
2026/01/01 00:00:09.002000 read tcp 10.1.2.3:50000->10.7.7.7:443: read: connection reset by peer
2026/01/01 00:10:09.002000 read tcp 10.1.2.3:42852->10.9.9.9:443: read: connection reset by peer
`;
    const { incidents } = explainScene(sceneOfTrace(RESET + other));
    const [captured] = incidents.filter((incident) => Object.keys(incident.filters).length > 0);
    expect(captured?.effects).toBeUndefined();
  });

  test("are no loss of their own where they came with the line that ends it, long after the last answer", () => {
    const gone = `
client = 10.1.2.3:42852
server = 10.9.9.9:443
== client
1.000 client > server OPEN rtt=0.001
1.002 client > server PSH,ACK len=100
+0.001 server > client PSH,ACK len=300
+0.001 client > server ACK
9.000 client > server PSH,ACK len=100
9.210 client > server PSH,ACK repeat
9.640 client > server PSH,ACK repeat
10.500 client > server PSH,ACK repeat
12.200 client > server PSH,ACK repeat
15.600 client > server PSH,ACK repeat
22.400 client > server PSH,ACK repeat
== log kubelet.log
2026/01/01 00:00:01.002000 dialed 10.1.2.3:42852 -> 10.9.9.9:443
I0101 00:00:54.000000       1 log.go:245] read tcp 10.1.2.3:42852->10.9.9.9:443: read: connection timed out
`;
    const put = (time: string): string =>
      `E0101 ${time}       1 request.go:1116] Put "http://api.internal/api/v1/nodes/node-7/status": http2: client connection lost\n`;
    const causes = (text: string): readonly string[] => explainScene(sceneOfTrace(text)).incidents.map((i) => i.cause);
    expect(causes(gone + put("00:00:54.000000"))).toEqual(["peer-vanished"]);
    // Long after, the same words are another loss.
    expect(causes(gone + put("00:09:00.000000"))).toEqual(["peer-vanished", "inconclusive"]);
  });

  test("lead on to the node that was given up because of it", () => {
    const story = `
== log kcm.log
2026/01/01 00:00:01.002000 dialed 10.1.2.3:42852 -> 10.9.9.9:443
W0101 00:00:09.002100       1 reflector.go:561] k8s.io/client-go/informers/factory.go:160: watch of *v1.Lease ended with: an error on the server ("unable to decode an event from the watch stream: read tcp 10.1.2.3:42852->10.9.9.9:443: read: connection reset by peer") has prevented the request from succeeding
I0101 00:00:49.100000       1 node_lifecycle_controller.go:1100] "Node status not updated" node="node-7"
I0101 00:00:49.200000       1 event.go:376] "Event occurred" object="node-7" kind="Node" apiVersion="v1" type="Normal" reason="NodeNotReady" message="Node node-7 status is now: NodeNotReady"
`;
    const { incidents } = explainScene(sceneOfTrace(RESET + story));
    const symptoms = incidents[0]?.effects?.map((effect) => effect.symptom) ?? [];
    expect(symptoms).toContain("node-not-ready");
    expect(symptoms.indexOf("node-not-ready")).toBeGreaterThan(0);
  });
});
