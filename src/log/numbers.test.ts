import { expect, test } from "vitest";
import { contents, fixture, readWhole } from "../../tests/helpers/log-entries.ts";
import { counterChanges } from "./counter-changes.ts";

test("get-metric-data, printed over many lines", () => {
  const document = {
    MetricDataResults: [
      {
        Id: "m1",
        Label: "TCP_ELB_Reset_Count",
        Timestamps: ["2026-11-20T15:01:00+00:00", "2026-11-20T15:00:00+00:00"],
        Values: [12.0, 0.0],
        StatusCode: "Complete",
      },
      { Id: "m2", Label: "TCP_Client_Reset_Count", Timestamps: [], Values: [] },
    ],
    Messages: [],
  };
  const { entries, reader } = readWhole(JSON.stringify(document, undefined, 4));
  expect(reader.recognition?.format).toBe("cloudwatch");
  expect(reader.counts.text).toBe(0);
  expect(contents(entries, "metric").map((m) => [m.name, m.value])).toEqual([
    ["TCP_ELB_Reset_Count", 0],
    ["TCP_ELB_Reset_Count", 12],
  ]);
  expect(entries[0]?.time).toEqual({ kind: "instant", at: 1795186800000000000n, resolution: 1e9 });
});

test("get-metric-statistics on one line", () => {
  const document = {
    Label: "TCP_ELB_Reset_Count",
    Datapoints: [{ Timestamp: "2026-11-20T15:00:00Z", Sum: 4.0, SampleCount: 60, Unit: "Count" }],
  };
  expect(contents(readWhole(JSON.stringify(document)).entries, "metric")).toMatchObject([
    { name: "TCP_ELB_Reset_Count", statistic: "Sum", value: 4, unit: "Count" },
    { statistic: "SampleCount", value: 60 },
  ]);
});

test("a document cut short is kept as text, line by line", () => {
  const { entries, reader } = readWhole('{\n "MetricDataResults": [\n {\n');
  expect(reader.counts).toEqual({ lines: 3, parsed: 0, text: 3 });
  expect(entries.map((e) => e.line)).toEqual([1, 2, 3]);
});

test("nstat: two outputs in one file are two readings", () => {
  const one = new TextDecoder().decode(fixture("nstat-az.txt"));
  const after = one.replace(/^IpInReceives +\d+/m, (line) => line.replace(/\d+$/, "99999999"));
  const { entries } = readWhole(`${one}${after}`);
  const received = contents(entries, "counter").filter((c) => c.name === "IpInReceives");
  expect(received.map((c) => c.reading)).toEqual([0, 1]);
  expect(received[1]?.value).toBe(99999999);
});

test("counters that grew, dated by date(1)", () => {
  const reading = (when: string, n: number): string =>
    `${when}\n#kernel\nTcpExtTCPSYNChallenge           ${n}                  0.0\nTcpInSegs                       7                  0.0\n`;
  const { entries, reader } = readWhole(
    reading("Fri Nov 20 15:32:48 UTC 2026", 0) + reading("Fri Nov 20 15:33:48 UTC 2026", 2),
  );
  expect(reader.counts.text).toBe(0);
  expect(counterChanges(entries, entries)).toEqual([
    { name: "TcpExtTCPSYNChallenge", before: 0, after: 2, lines: [3, 7] },
  ]);
  const stamps = entries
    .filter((e) => e.content.kind === "counter")
    .map((e) => e.time?.kind === "instant" && e.time.at);
  expect(stamps[0]).toBe(1795188768000000000n);
  expect(stamps[2]).toBe(1795188828000000000n);
});

test("/proc/net/netstat: names from the line above, nstat's spelling", () => {
  const { entries, reader } = readWhole(fixture("proc-net-netstat.txt"));
  expect(reader.counts.text).toBe(0);
  const names = contents(entries, "counter").map((c) => c.name);
  expect(names).toEqual(
    expect.arrayContaining(["TcpExtListenOverflows", "TcpExtTCPSYNChallenge", "TcpExtTCPChallengeACK"]),
  );
});

test("ss: rows with the line of details below them", () => {
  const sockets = contents(readWhole(fixture("ss-tin.txt")).entries, "socket");
  expect(sockets).toHaveLength(2);
  expect(sockets[0]).toMatchObject({ state: "ESTAB", local: { port: 38124 }, remote: { port: 18081 } });
  expect(sockets[0]?.details).toMatchObject({
    rto: "200",
    rtt: "0.011/0.005",
    bytes_acked: "1",
    lastsnd: "304",
    app_limited: "",
  });
  expect(contents(readWhole(fixture("ss-tan.txt")).entries, "socket")).toHaveLength(16);
});

test("ss: a retransmission timer", () => {
  const row = 'ESTAB 0 46 10.0.0.1:42852 10.20.11.5:443 users:(("kcm",pid=1,fd=9)) timer:(on,12sec,7)';
  const head = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process";
  expect(contents(readWhole(`${head}\n${row}\n`).entries, "socket")).toMatchObject([
    { sendQueue: 46, timer: { name: "on", left: "12sec", count: 7 } },
  ]);
});

test("conntrack -L and -S", () => {
  const rows = contents(readWhole(fixture("conntrack-L.txt")).entries, "conntrack");
  expect(rows).toHaveLength(4);
  expect(rows[1]).toMatchObject({
    protocol: "tcp",
    state: "ESTABLISHED",
    expiresIn: 431999,
    original: { source: { port: 42260 }, destination: { port: 8443 } },
    reply: { source: { port: 8443 } },
    flags: ["ASSURED"],
  });
  const statistics = contents(readWhole(fixture("conntrack-S.txt")).entries, "conntrack-statistics");
  expect(statistics.map((s) => [s.cpu, s.counters.insert_failed])).toEqual([
    [0, 0],
    [1, 0],
  ]);
});

test("sysctl -a", () => {
  const values = contents(readWhole(fixture("sysctl-a.txt")).entries, "sysctl");
  expect(values).toContainEqual({ kind: "sysctl", name: "net.ipv4.ip_local_port_range", value: "32768\t60999" });
});
