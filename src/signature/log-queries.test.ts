import { describe, expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import { lossesOf } from "./log-losses.ts";
import { momentsOf } from "./log-moments.ts";
import { bursts, historiesOf, longestPause, pauseBefore, quietBefore, quote } from "./log-queries.ts";
import { successesOf } from "./log-successes.ts";
import { challengesIn, insertFailures } from "./logged-counters.ts";
import { counted, seriesNamed } from "./metric-series.ts";

const sceneOf = (file: string, ...lines: string[]): ReturnType<typeof sceneOfTrace> =>
  sceneOfTrace(`== log ${file}\n${lines.join("\n")}\n`);

const told = (...lines: string[]): string[] =>
  lossesOf(sceneOf("app.log", ...lines)).map((l) => `${l.error} ${l.stage} ${l.place ?? "?"} ${l.teller}`);

describe("what counts as a loss", () => {
  test.each([
    [
      "2026-01-01T00:00:01Z ERROR a connect to 10.0.0.9:80 failed after 7.0 s: TimeoutError: timed out",
      ["timed-out connect 10.0.0.9:80 client"],
    ],
    [
      '2026/01/01 00:00:01 [error] 1#1: *4 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.9:80/"',
      ["refused connect 10.0.0.9:80 proxy"],
    ],
    [
      '10.0.0.1:4000 [01/Jan/2026:00:00:01.000] f b/app 0/0/0/-1/20 502 198 - - SH-- 1/1/0/0/0 0/0 "POST /a HTTP/1.1"',
      ["reset exchange b/app proxy"],
    ],
    [
      '[2026-01-01T00:00:01.000Z] "POST /a HTTP/1.1" 503 UC 0 95 12 - "-" "curl/8" "id" "a" "10.0.0.9:80"',
      ["reset exchange 10.0.0.9:80 proxy"],
    ],
    [
      'https 2026-01-01T00:00:01.000000Z app/lb/1 10.0.0.1:4000 10.0.0.9:80 0.000 -1 -1 502 - 100 200 "POST https://a:443/ HTTP/1.1" "curl" - - arn "-" "a" "-" 0 2026-01-01T00:00:00.980000Z "forward" "-" "-" "10.0.0.9:80" "-" "-" "-"',
      ["reset exchange 10.0.0.9:80 proxy"],
    ],
    [
      "2026-01-01T00:00:01Z ERROR request to https://a.example/ failed, reason: socket hang up",
      ["end-of-file exchange ? client"],
    ],
  ])("%s", (line, losses) => expect(told(line)).toEqual(losses));

  test.each([
    ["an answer of the application", '10.0.0.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 500 5 "-" "a"'],
    ["a client that left", '10.0.0.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 499 0 "-" "a"'],
    [
      "curl's own limit in a transfer",
      "curl: (28) Operation timed out after 169 milliseconds with 139008 out of 60000014 bytes received",
    ],
    ["a cancelled request", 'Get "https://a.example/": context canceled'],
    [
      "an idle connection that the server closed",
      "2026/01/01 00:00:01 http2: Transport readFrame error on conn 0xc0000d0300: (*errors.errorString) EOF",
    ],
    ["a remark", "2026-01-01T00:00:01Z INFO pool sees EOF, connection retired"],
    ["a setting", "pool_idle_timeout = 90s"],
  ])("%s is none", (_what, line) => expect(told(line)).toEqual([]));

  test("a server's lines about its clients are none", () => {
    expect(
      told(
        "listening on 80",
        "2026-01-01T00:00:01 10.0.0.1 4000 connection error: ConnectionResetError(104, 'Connection reset by peer')",
      ),
    ).toEqual([]);
  });

  test("one failure that the library and the program tell is one", () => {
    const lines = [
      "2026/01/01 00:00:01.000100 http2: Transport failed to get client conn for a:443: dial tcp 10.0.0.9:443: connect: connection refused",
      '2026/01/01 00:00:01.000200 E GET / failed after 1ms: Get "https://a/": dial tcp 10.0.0.9:443: connect: connection refused',
    ];
    expect(told(...lines)).toHaveLength(1);
  });
});

describe("histories", () => {
  const scene = sceneOf(
    "client.log",
    "2026-01-01T00:00:01.000Z INFO a connected 10.0.0.1:4000 -> 10.0.0.9:80 in 1 ms",
    "2026-01-01T00:00:02.000Z INFO a GET http://10.0.0.9:80/ 200 1 bytes in 1 ms",
    "2026-01-01T00:00:05.000Z INFO a GET http://10.0.0.9:80/ 200 1 bytes in 1 ms",
    "2026-01-01T00:00:16.000Z ERROR a GET http://10.0.0.9:80/ failed after 1.000 s: ConnectionResetError: [Errno 104] Connection reset by peer",
    "2026-01-01T00:00:17.000Z ERROR a GET http://10.0.0.9:80/ failed after 0.500 s: ConnectionResetError: [Errno 104] Connection reset by peer",
  );
  const [history] = historiesOf(scene);

  test("hold what went well and badly at one place", () => {
    expect(history?.place).toBe("10.0.0.9:80");
    expect(history?.losses).toHaveLength(2);
    expect(history?.successes.map((s) => s.what)).toEqual(["connected", "answered", "answered"]);
    expect(successesOf(scene)).toHaveLength(3);
  });

  test("tell how long nothing was asked before a loss", () => {
    const [first, second] = history?.losses ?? [];
    if (history === undefined || first === undefined || second === undefined) throw new Error("no history");
    expect(pauseBefore(history, first)).toBe(10e9);
    // After a failure the connection is another one.
    expect(pauseBefore(history, second)).toBeUndefined();
    expect(quietBefore(history, second)).toBe(0.5e9);
    expect(longestPause(history, first.log)).toBe(3e9);
    expect(bursts(history.losses, 2e9)).toHaveLength(1);
    expect(bursts(history.losses, 0.5e9)).toHaveLength(2);
  });
});

test("text from a log is quoted without its marks", () => {
  expect(quote('a\u001b[31m "b"\u202e\nc')).toBe(`"a\\u{1b}[31m 'b'\\u{202e} c"`);
  expect(quote("x".repeat(500))).toHaveLength(142);
});

test.each([
  ["2026-01-01T00:00:01Z kernel: Out of memory: Killed process 4711 (java)", "crashed"],
  ["2026-01-01T00:00:01Z systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL", "crashed"],
  ["2026-01-01T00:00:01Z INFO received SIGTERM, shutting down", "told-to-stop"],
  ["2026/01/01 00:00:01 [notice] 1#1: signal 1 (SIGHUP) received from 99, reconfiguring", "reloading"],
  ["2026-01-01T00:00:01Z INFO deregistered target 10.0.0.9:80", "deregistered"],
])("%s: %s", (line, kind) => {
  expect(momentsOf(sceneOf("app.log", line)).map((m) => m.kind)).toEqual([kind]);
});

test("numbers that grew", () => {
  const nstat = sceneOf(
    "nstat.txt",
    "#kernel",
    "TcpExtTCPSYNChallenge           2                  0.0",
    "#kernel",
    "TcpExtTCPSYNChallenge           5                  0.0",
  );
  expect(challengesIn(nstat).map(({ shows }) => shows)).toEqual([expect.stringMatching(/^3 SYNs /)]);
  const once = sceneOf("nstat.txt", "#kernel", "TcpExtTCPSYNChallenge           5                  0.0");
  expect(challengesIn(once)).toEqual([]);
  const row = (cpu: number, failed: number): string =>
    `cpu=${cpu}   \tfound=0 invalid=0 insert=0 insert_failed=${failed} drop=0 `;
  expect(insertFailures(sceneOf("stat.txt", row(0, 1), row(1, 2), row(0, 4), row(1, 2)))?.by).toBe(3);
  const metric = sceneOf(
    "m.json",
    '{"MetricDataResults":[{"Id":"a","Label":"TCP_ELB_Reset_Count","Timestamps":["2026-01-01T00:01:00Z","2026-01-01T00:00:00Z"],"Values":[3,0]}]}',
  );
  const series = seriesNamed(metric, /TCP_ELB_Reset_Count/);
  expect(series?.total).toBe(3);
  expect(series === undefined ? [] : counted(series).map((p) => p.value)).toEqual([3]);
});
