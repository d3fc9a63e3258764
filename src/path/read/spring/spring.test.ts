import { expect, test } from "vitest";
import { hopLines, readFixture, readText, remarkLines } from "../../../../tests/helpers/read-config.ts";

test("application.yaml with a profile that stands upon the rest", () => {
  const reading = readFixture("application.yaml");
  expect(hopLines(reading)).toEqual([
    "tomcat | server 7 tomcat http1 | headersTimeoutMs=20000@5 maxRequests=Infinity@6 idleTimeoutMs=20000*@5 drainMs=30000@9",
    "gateway client | client 7 reactor-netty-client | poolIdleTimeoutMs=15000@13",
    "tomcat (production) | server 7 tomcat http1 | idleTimeoutMs=75000@16 headersTimeoutMs=20000@5 maxRequests=Infinity@6 drainMs=30000@9",
    "gateway client (production) | client 7 reactor-netty-client | poolIdleTimeoutMs=15000@13",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed application.yaml:16 server.tomcat.keep-alive-timeout: the default stands, the environment may say otherwise",
  ]);
});

test("application.properties", () => {
  const reading = readFixture("application.properties");
  expect(hopLines(reading)).toEqual([
    "jetty | server 7 jetty | ",
    "reactor-netty-server | server 7 reactor-netty-server | idleTimeoutMs=65000@3",
  ]);
  expect(remarkLines(reading)).toEqual([
    "ignored application.properties:7 server.connection-timeout was removed from Spring Boot 2.3 and is not used",
    "error bad-value application.properties:5 server.jetty.connection-idle-timeout: what stands there (not shown) is not a value that it takes",
  ]);
});

test.each(["spring.cloud.gateway.httpclient", "spring.cloud.gateway.server.webflux.httpclient"])("%s", (prefix) => {
  const text = `${prefix}.connect-timeout=1000\n${prefix}.response-timeout=5s\n${prefix}.pool.max-idle-time=15s\n${prefix}.pool.max-life-time=60000\n`;
  expect(hopLines(readText("application.properties", text))).toEqual([
    "gateway client | client 7 reactor-netty-client | poolIdleTimeoutMs=15000@3 poolMaxAgeMs=60000@4 connectTimeoutMs=1000@1 responseTimeoutMs=5000@2",
  ]);
});
