import { expect, test } from "vitest";
import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { PROXIES, type ProxyPlace, type ProxySoftware } from "./proxy.ts";
import { proxyOf } from "./proxy-of.ts";

const BALANCER: ApplicationBalancer = {
  kind: "application",
  idleTimeoutMs: 6000,
  poolIdleTimeoutMs: 1,
  responseTimeoutMs: 9000,
  retries: "never",
  goawayAfterRequests: 0,
  drain: "one-phase",
  healthCheck: { intervalMs: 1000, timeoutMs: 1000, healthyThreshold: 3, unhealthyThreshold: 3 },
  deregistrationDelayMs: 1000,
};

const PLACE: ProxyPlace = {
  address: "10.0.11.5",
  port: 443,
  targets: ["10.0.21.7"],
  protocol: "http2",
  targetProtocol: "http1",
  work: "/run-folder/proxy",
  logs: "/run-folder/evidence",
  keyFile: "/run-folder/key.pem",
  certFile: "/run-folder/cert.pem",
  bothFile: "/run-folder/both.pem",
};

type Case = readonly [
  software: ProxySoftware,
  what: string,
  Partial<ApplicationBalancer>,
  Partial<ProxyPlace>,
  says: readonly RegExp[],
];

const CASES: readonly Case[] = [
  ["nginx", "as it is", { goawayAfterRequests: 200 }, {}, []],
  ["nginx", "HTTP/2 targets", {}, { targetProtocol: "http2" }, [/HTTP\/1\.1 with its targets/]],
  ["nginx", "two phases", { drain: "two-phase", goawayAfterRequests: 200 }, {}, [/GOAWAY in one phase/]],
  ["nginx", "cut", { drain: "cut" }, {}, [/ends open streams a second after/]],
  ["nginx", "no HTTP/2, no drain", { drain: "two-phase" }, { protocol: "http1" }, []],
  ["nginx", "a limit with HTTP/1.1", { goawayAfterRequests: 200 }, { protocol: "http1" }, [/after 200 requests/]],
  ["nginx", "retries", { retries: "always" }, {}, [/a new connection lost/]],
  ["haproxy", "a pool", { poolIdleTimeoutMs: 5000 }, { protocol: "http1" }, [/half of its idle/]],
  ["haproxy", "one phase", {}, {}, [/GOAWAY once.* waits for open streams/]],
  ["haproxy", "two phases", { drain: "two-phase" }, {}, [/GOAWAY once.* waits for open streams/]],
  ["haproxy", "cut", { drain: "cut" }, {}, [/GOAWAY once.* a second or two later/]],
  ["haproxy", "a limit with HTTP/1.1", { goawayAfterRequests: 200 }, { protocol: "http1" }, [/after 200 requests/]],
  ["haproxy", "an ALB's limit", { goawayAfterRequests: 10_000 }, { protocol: "http1" }, []],
  ["nghttpx", "one phase", {}, {}, [/in two phases/]],
  ["nghttpx", "two phases", { drain: "two-phase" }, {}, []],
  ["nghttpx", "cut", { drain: "cut" }, {}, [/in two phases/, /waits for open streams/]],
  ["nghttpx", "no HTTP/2, no drain", {}, { protocol: "http1" }, []],
  ["nghttpx", "retries", { retries: "always", drain: "two-phase" }, {}, [/no setting for retries/]],
];

test.each(CASES)("%s says what it does otherwise: %s", (software, _, balancer, place, says) => {
  const { said } = proxyOf(software, { ...BALANCER, ...balancer }, { ...PLACE, ...place });
  expect(said).toHaveLength(says.length);
  for (const [i, pattern] of says.entries()) expect(said[i]).toMatch(pattern);
});

test("requests end no HTTP/1.1 connection, by any software", () => {
  for (const software of PROXIES) {
    const { config } = proxyOf(software, { ...BALANCER, goawayAfterRequests: 200 }, { ...PLACE, protocol: "http1" });
    expect(config).not.toMatch(/requests[ =]200\b/);
  }
});

test("HAProxy repeats nothing but what is idempotent (RFC 9110 §9.2.2)", () => {
  const config = (retries: ApplicationBalancer["retries"]): string =>
    proxyOf("haproxy", { ...BALANCER, retries }, PLACE).config;
  expect(config("idempotent")).toContain("disable-l7-retry unless { method GET HEAD OPTIONS TRACE PUT DELETE }");
  expect(config("always")).not.toContain("disable-l7-retry");
  expect(config("never")).toContain("retries 0");
});

test("each waits for an answer as long as the shorter of both limits", () => {
  const waits = PROXIES.map((software) => proxyOf(software, BALANCER, PLACE).config);
  expect(
    waits.map((config) => /(?:timeout server |backend-read-timeout=|proxy_read_timeout )(\w+)/.exec(config)?.[1]),
  ).toEqual(PROXIES.map(() => "6000ms"));
});
