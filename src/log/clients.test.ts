import { expect, test } from "vitest";
import { contents, fixture, readWhole } from "../../tests/helpers/log-entries.ts";

/** The same server at three ports: FIN before the response, RST before it, nobody listening. */
const FIN_RST_REFUSED = ["end-of-file", "reset", "refused"];

test("Node: http and fetch tell FIN, RST and refusal apart by words; a trace is one entry", () => {
  const { entries } = readWhole(fixture("node-errors.log"));
  const failures = contents(entries, "failure");
  expect(failures.slice(0, 6).map((f) => f.error)).toEqual([...FIN_RST_REFUSED, ...FIN_RST_REFUSED]);
  expect(failures[3]).toMatchObject({ local: { port: 38086 }, remote: { address: "127.0.0.1", port: 18081 } });
  expect(failures[3]?.chain).toContain("SocketError: other side closed");
  expect(entries.find((e) => e.line === 22)?.lines).toBe(19);
});

test("Python: a message with its traceback is one entry, with the message's time", () => {
  const { entries } = readWhole(fixture("python-errors.log"));
  const failed = entries.filter((e) => e.content.kind === "failure");
  expect(failed.slice(0, 3).map((e) => e.content.kind === "failure" && e.content.error)).toEqual(FIN_RST_REFUSED);
  expect(failed[0]).toMatchObject({ line: 1, lines: 13, severity: "error", time: { kind: "partial" } });
  expect(failed[0]?.content).toMatchObject({ text: "ERROR root: request to 18081 failed" });
});

test("Java: the innermost cause decides", () => {
  const { entries, reader } = readWhole(fixture("java-errors.log"));
  expect(contents(entries, "failure").map((f) => f.error)).toEqual([...FIN_RST_REFUSED, "reset"]);
  expect(entries).toHaveLength(4);
  expect(reader.counts.parsed).toBe(121);
});

test(".NET: inner exceptions behind arrows", () => {
  const trace = `System.Net.Http.HttpRequestException: An error occurred while sending the request.
 ---> System.Net.Http.HttpIOException: The response ended prematurely. (ResponseEnded)
   at System.Net.Http.HttpConnection.SendAsync(HttpRequestMessage request, Boolean async, CancellationToken cancellationToken)
   --- End of inner exception stack trace ---
   at System.Net.Http.HttpConnection.SendAsync(HttpRequestMessage request, Boolean async, CancellationToken cancellationToken)
`;
  const { entries } = readWhole(trace);
  expect(entries).toMatchObject([{ lines: 5, content: { kind: "failure", error: "end-of-file" } }]);
});

test(".NET's console logger: the message stands below the level", () => {
  const log = `fail: Shop.Orders[0]
      The order could not be sent.
      System.Net.Http.HttpRequestException: An error occurred while sending the request.
       ---> System.IO.IOException: Unable to read data from the transport connection: Connection reset by peer.
       ---> System.Net.Sockets.SocketException (104): Connection reset by peer
         at System.Net.Sockets.Socket.AwaitableSocketAsyncEventArgs.ThrowException(SocketError error)
info: Shop.Orders[0]
      Sent again.
`;
  const { entries } = readWhole(log);
  expect(entries.map((e) => [e.lines, e.severity, e.content.kind])).toEqual([
    [6, "error", "failure"],
    [2, "info", "message"],
  ]);
  expect(entries[0]?.content).toMatchObject({ error: "reset" });
});

test("Go: requests that failed, with ends, request and how long they took", () => {
  expect(contents(readWhole(fixture("go-client-reset.log")).entries, "failure")).toMatchObject([
    {
      error: "reset",
      operation: "read",
      local: { address: "100.64.30.9", port: 39708 },
      remote: { address: "100.64.30.200", port: 443 },
      method: "POST",
      after: 10.007e9,
    },
  ]);
  expect(contents(readWhole(fixture("go-client-timeout.log")).entries, "failure")).toMatchObject([
    { error: "timed-out", method: "GET" },
  ]);
  const dials = contents(readWhole(fixture("go-client-no-free-port.log")).entries, "dial");
  expect(dials.filter((d) => d.outcome === "failed").every((d) => d.error === "no-free-port")).toBe(true);
});

test("Go server: accepted, handshake failed, closed", () => {
  const { entries } = readWhole(fixture("go-server.log"));
  expect(
    contents(entries, "connection")
      .slice(0, 2)
      .map((c) => [c.event, c.remote?.port]),
  ).toEqual([
    ["accepted", 50286],
    ["closed", 50286],
  ]);
  expect(contents(entries, "failure")[0]).toMatchObject({
    error: "tls",
    operation: "handshake",
    remote: { port: 50286 },
  });
});

test("grpc-go beside Go's HTTP/2: the GOAWAY is a notice and a frame", () => {
  const { entries, reader } = readWhole(fixture("grpc-go.log"));
  expect(reader.counts.text).toBe(0);
  expect(contents(entries, "goaway")).toMatchObject([{ errorCode: "ENHANCE_YOUR_CALM" }]);
  const frame = contents(entries, "http2-frame").find((f) => f.type === "GOAWAY" && f.direction === "read");
  expect(frame).toMatchObject({ errorCode: "ENHANCE_YOUR_CALM", debug: "too_many_pings" });
  const newer =
    'ERROR: 2026/11/20 15:31:58 [transport] Client received GoAway with error code ENHANCE_YOUR_CALM and debug data equal to ASCII "too_many_pings".';
  expect(contents(readWhole(newer).entries, "goaway")).toMatchObject([
    { errorCode: "ENHANCE_YOUR_CALM", debug: "too_many_pings" },
  ]);
});

test("curl: attempts with their ends, dated by the comment above them", () => {
  const { entries } = readWhole(fixture("curl-rejected.log"));
  const failed = entries.find((e) => e.content.kind === "dial" && e.content.outcome === "failed");
  expect(failed).toMatchObject({
    program: "curl",
    time: { kind: "instant" },
    content: { error: "unreachable", remote: { address: "10.77.5.60", port: 8080 } },
  });
});

test("curl: a handshake that goes well is no failure, an expired certificate is", () => {
  const { entries } = readWhole(fixture("curl-expired-certificate.log"));
  expect(contents(entries, "failure").map((f) => [f.error, f.text])).toEqual([
    ["tls", "TLSv1.3 (OUT), TLS alert, certificate expired (557):"],
    ["tls", "SSL certificate problem: certificate has expired"],
  ]);
});

test("curl --trace-time behind a progress meter", () => {
  const { entries, reader } = readWhole(fixture("curl-trace-time.log"));
  expect(reader.counts.text).toBe(0);
  expect(contents(entries, "dial")[0]).toMatchObject({ outcome: "started", remote: { port: 18082 } });
  expect(contents(entries, "failure")[0]).toMatchObject({ error: "reset", operation: "read", remote: { port: 18082 } });
});

test("header values that curl prints are not kept", () => {
  const log =
    "*   Trying 192.0.2.1:80...\n> GET /x HTTP/1.1\n> Authorization: Bearer abc\n< HTTP/1.1 200 OK\n< Set-Cookie: a=b\n";
  const text = JSON.stringify(readWhole(log).entries);
  expect(text).not.toMatch(/Bearer|a=b/);
});
