import { expect, test } from "vitest";
import { readText } from "../../../../tests/helpers/read-config.ts";

/** The `reusesConnections` of one location that passes to an upstream. */
function reuse(upstream: string, location: string, http = "", pass = "proxy_pass http://app;"): number | undefined {
  const text = `http { ${http} upstream app { server a; ${upstream} } server { listen 1; location / { ${pass} ${location} } } }`;
  const [hop] = readText("nginx.conf", text).hops;
  return hop?.settings.find(({ key }) => key === "reusesConnections")?.value;
}

const ELEVEN = "proxy_http_version 1.1;";
const EMPTY = 'proxy_set_header Connection "";';
const MAP = "map $http_upgrade $up { default upgrade; '' close; }";

test.each([
  ["all three are there", "keepalive 8;", ELEVEN + EMPTY, 1],
  ["HTTP/2 needs no header", "keepalive 8;", "proxy_http_version 2;", 1],
  ["an upgrade for every request is no close", "keepalive 8;", `${ELEVEN} proxy_set_header Connection upgrade;`, 1],
  ["switched off", "keepalive 0;", ELEVEN + EMPTY, 0],
  ["close is said", "keepalive 8;", `${ELEVEN} proxy_set_header Connection close;`, 0],
  ["HTTP/1.0 is asked for", "keepalive 8;", "proxy_http_version 1.0;", 0],
  ["the version decides: no Connection header", "keepalive 8;", ELEVEN, undefined],
  ["the version decides: no HTTP version", "keepalive 8;", EMPTY, undefined],
  ["the version decides: no keepalive", "", ELEVEN + EMPTY, undefined],
] as const)("connections to the server: %s", (_, upstream, location, expected) => {
  expect(reuse(upstream, location)).toBe(expected);
});

test("a map that says close for requests that are no upgrade", () => {
  expect(reuse("keepalive 8;", `${ELEVEN} proxy_set_header Connection $up;`, MAP)).toBe(0);
  expect(reuse("keepalive 8;", `${ELEVEN} proxy_set_header Connection $up;`, MAP.replace("close", "''"))).toBe(1);
  expect(reuse("keepalive 8;", `${ELEVEN} proxy_set_header Connection $unknown;`)).toBe(undefined);
});

test("a block with a header of its own inherits none", () => {
  expect(reuse("keepalive 8;", ELEVEN, EMPTY)).toBe(1);
  expect(reuse("keepalive 8;", `${ELEVEN} proxy_set_header Host x;`, EMPTY)).toBe(undefined);
});

test("gRPC keeps connections where keepalive is set, FastCGI only when told to", () => {
  expect(reuse("keepalive 8;", "", "", "grpc_pass grpc://app;")).toBe(1);
  expect(reuse("", "", "", "grpc_pass grpc://app;")).toBe(undefined);
  expect(reuse("keepalive 8;", "fastcgi_keep_conn on;", "", "fastcgi_pass app;")).toBe(1);
  expect(reuse("keepalive 8;", "", "", "fastcgi_pass app;")).toBe(0);
});

test("a number of connections that is none is said", () => {
  const text = "http { upstream app { server a; keepalive lots; } server { location / { proxy_pass http://app; } } }";
  const { hops, problems } = readText("nginx.conf", text);
  expect(problems.map(({ code, says }) => [code, says.split(":")[0]])).toEqual([["bad-value", "keepalive"]]);
  expect(hops[0]?.settings).toEqual([]);
});
