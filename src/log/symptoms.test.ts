import { expect, test } from "vitest";
import { fixture } from "../../tests/helpers/log-entries.ts";
import { KNOWN_CAUSES } from "./symptom-data/telling-apart.ts";
import { lookUpSymptom, SYMPTOMS } from "./symptoms.ts";

const best = (text: string): string | undefined => lookUpSymptom(text)[0]?.symptom.id;

test.each([
  ["http2: client connection lost", "go-client-connection-lost", "backend-tuple-collision"],
  [
    'Get "https://x/y": http2: server sent GOAWAY and closed the connection; LastStreamID=1999, ErrCode=NO_ERROR, debug=""',
    "go-goaway-and-closed",
    "drain-cut-short",
  ],
  [
    "http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this error",
    "go-cannot-retry-body",
    "goaway-mishandled",
  ],
  ["Error: socket hang up", "node-socket-hang-up", "keep-alive-race"],
  [
    "requests.exceptions.ConnectionError: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
    "python-remote-disconnected",
    "keep-alive-race",
  ],
  [
    "org.apache.http.NoHttpResponseException: api.example:443 failed to respond",
    "java-no-http-response",
    "keep-alive-race",
  ],
  [
    "recv() failed (104: Connection reset by peer) while reading response header from upstream",
    "nginx-recv-reset",
    "keep-alive-race",
  ],
  [
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    "envoy-upstream-disconnect",
    "keep-alive-race",
  ],
  [
    'Client received GoAway with error code ENHANCE_YOUR_CALM and debug data equal to ASCII "too_many_pings"',
    "grpc-too-many-pings",
    "goaway-error",
  ],
  ["connect: cannot assign requested address", "no-free-port", "client-port-exhaustion"],
  ["Kubelet stopped posting node status.", "node-not-ready", "slow-health-check"],
  ["statusDetails: backend_connection_closed_before_data_sent_to_client", "gcp-backend-closed", "keep-alive-race"],
  ["kernel: nf_conntrack: table full, dropping packet", "conntrack-table-full", "conntrack-full"],
  ["TCP_ELB_Reset_Count rose at 15:02", "nlb-elb-reset", "silent-idle-drop"],
  ["net/http: TLS handshake timeout", "tls-handshake-timeout", "pmtu-black-hole"],
  [
    "System.Net.Http.HttpIOException: The response ended prematurely. (ResponseEnded)",
    "dotnet-ended-prematurely",
    "keep-alive-race",
  ],
  ["error:0A000126:SSL routines::unexpected eof while reading", "tls-unexpected-eof", "process-gone"],
])("%s", (text, id, cause) => {
  const [match] = lookUpSymptom(text);
  expect(match?.symptom.id).toBe(id);
  expect(match?.symptom.causes[0]?.cause).toBe(cause);
  expect(text).toContain(match?.matched);
});

test("a pasted stack trace is looked up by its innermost cause", () => {
  const traces = new TextDecoder().decode(fixture("node-errors.log"));
  const fetchFailed = traces.slice(traces.indexOf("[TypeError: fetch failed]"));
  expect(best(fetchFailed.slice(0, fetchFailed.indexOf("\n}\n")))).toBe("undici-other-side-closed");
});

test("text that is no symptom finds nothing", () => {
  expect(lookUpSymptom("all is well")).toEqual([]);
});

test("every symptom is whole: causes that are known, how to tell them, what to capture, where it was reported", () => {
  expect(new Set(SYMPTOMS.map((s) => s.id)).size).toBe(SYMPTOMS.length);
  for (const symptom of SYMPTOMS) {
    expect(
      symptom.causes.map((c) => c.cause).filter((cause) => !KNOWN_CAUSES.has(cause)),
      symptom.id,
    ).toEqual([]);
    expect(
      symptom.causes.every((c) => c.tell.length > 20),
      symptom.id,
    ).toBe(true);
    expect(
      symptom.patterns.length * symptom.causes.length * symptom.capture.length * symptom.sources.length,
      symptom.id,
    ).toBeGreaterThan(0);
    expect(
      symptom.sources.every((url) => url.startsWith("https://")),
      symptom.id,
    ).toBe(true);
    expect(
      symptom.patterns.every((p) => p.flags.includes("g") || p.flags.includes("y")),
      symptom.id,
    ).toBe(false);
  }
});
