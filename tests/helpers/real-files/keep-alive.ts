import type { RealFiles } from "./real-files.ts";

const ORDER = "keep-alive-order a.poolIdleTimeout b.idleTimeout";

const pathOf = (a: string, b: string, more = ""): string =>
  `path: 1\n${more}hops:\n  - { id: u, role: client }\n  - { id: a, ${a} }\n  - { id: b, ${b} }\n`;
const pairOf = (a: string, b: string): string => `path: 1\nhops:\n  - { id: a, ${a} }\n  - { id: b, ${b} }\n`;

const albState = (idle: number): string => `{
  "format_version": "1.0",
  "terraform_version": "1.9.5",
  "values": {
    "root_module": {
      "resources": [
        {
          "address": "aws_lb.web",
          "mode": "managed",
          "type": "aws_lb",
          "name": "web",
          "values": {
            "arn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188",
            "client_keep_alive": 3600,
            "idle_timeout": ${idle},
            "internal": false,
            "load_balancer_type": "application",
            "name": "web"
          }
        }
      ]
    }
  }
}
`;

const albAttributes = (idle: number): string => `{
    "Attributes": [
        { "Key": "idle_timeout.timeout_seconds", "Value": "${idle}" },
        { "Key": "routing.http2.enabled", "Value": "true" },
        { "Key": "client_keep_alive.seconds", "Value": "3600" },
        { "Key": "deletion_protection.enabled", "Value": "false" }
    ]
}
`;

const nginxServer = (keepalive: string): string => `user www-data;
worker_processes auto;
events { worker_connections 768; }
http {
    sendfile on;
    keepalive_timeout ${keepalive};
    server {
        listen 80 default_server;
        root /var/www/html;
        location / { try_files $uri $uri/ =404; }
    }
}
`;

const controllerConfig = (pool: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ingress-nginx-controller
  namespace: ingress-nginx
data:
  proxy-body-size: 8m
  upstream-keepalive-timeout: "${pool}"
`;

const uvicorn = (flags: string): string => `FROM python:3.12-slim AS build
RUN pip install --no-cache-dir uvicorn fastapi
FROM python:3.12-slim
COPY --from=build /usr/local /usr/local
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"${flags}]
`;

const haproxyFrontend = (keepAlive: string): string => `global
    maxconn 4096

defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
    timeout http-request 10s
    timeout http-keep-alive ${keepAlive}

frontend web
    bind :80
    default_backend app

backend app
    http-reuse never
    server app1 10.0.0.11:8080 check
`;

const kestrel = (keepAlive: string): string => `{
  "Logging": { "LogLevel": { "Default": "Information" } },
  "Kestrel": {
    "Limits": { "KeepAliveTimeout": "${keepAlive}", "RequestHeadersTimeout": "00:00:30" }
  }
}
`;

const gateway = (idle: string): string => `server:
  port: 8080
spring:
  application:
    name: gateway
  cloud:
    gateway:
      httpclient:
        connect-timeout: 1000
        response-timeout: 5s
        pool:
          type: elastic
${idle}      routes:
        - id: orders
          uri: http://orders:8080
          predicates:
            - Path=/orders/**
`;

const destination = (idle: string): string => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: orders
  namespace: shop
spec:
  host: orders.shop.svc.cluster.local
  trafficPolicy:
    connectionPool:
      http:
        http1MaxPendingRequests: 1024
${idle}`;

/** Keep-alive races. */
export const KEEP_ALIVE_FILES: readonly RealFiles[] = [
  {
    thread: "nodejs/node#39810",
    figures: "Node's 5 s behind a balancer; the balancer's 60 s stand for its own",
    files: {
      "path.yaml": pathOf("files: [state.json]", 'product: node-server, version: "16.6"'),
      "state.json": albState(60),
    },
    finds: ORDER,
    cured: {
      "path.yaml": pathOf(
        "files: [state.json]",
        'product: node-server, version: "16.6", settings: { idleTimeout: 65s, headersTimeout: 66s }',
      ),
    },
  },
  {
    thread: "uNetworking/uWebSockets.js#939",
    figures: "a server that closes sooner (10 s stand for it) than an ALB's 60 s",
    files: {
      "path.yaml": pathOf("files: [alb-attributes.json]", "role: server, settings: { idleTimeout: 10s }"),
      "alb-attributes.json": albAttributes(60),
    },
    finds: ORDER,
    cured: { "alb-attributes.json": albAttributes(5) },
  },
  {
    thread: "nodejs/undici#583",
    figures: "undici's 4 s against a server that closes sooner and says nothing of it (3 s stand for it)",
    files: {
      "path.yaml": pairOf("product: undici", "role: server, files: [nginx.conf]"),
      "nginx.conf": nginxServer("3s"),
    },
    finds: ORDER,
    cured: { "nginx.conf": nginxServer("65s") },
  },
  {
    thread: "golang/go#19943",
    figures: "Go's 90 s against a server that closes sooner (HAProxy's 10 s stand for it)",
    files: { "path.yaml": pairOf("product: go-client", "files: [haproxy.cfg]"), "haproxy.cfg": haproxyFrontend("10s") },
    finds: ORDER,
    cured: { "haproxy.cfg": haproxyFrontend("100s") },
  },
  {
    thread: "golang/go#53472",
    figures: "the same pool against another front (60 s stand for it)",
    files: { "path.yaml": pairOf("product: go-client", "files: [haproxy.cfg]"), "haproxy.cfg": haproxyFrontend("60s") },
    finds: ORDER,
    cured: {
      "path.yaml": pairOf("product: go-client, settings: { poolIdleTimeout: 30s }", "files: [haproxy.cfg]"),
    },
  },
  {
    thread: "urllib3/urllib3#1911",
    figures: "a pool without end against gunicorn's 2 s",
    files: {
      "path.yaml": pairOf("product: urllib3", "files: [Dockerfile]"),
      Dockerfile: `FROM python:3.12-slim
WORKDIR /app
COPY . .
ENTRYPOINT ["gunicorn", "-k", "gthread", "--threads", "4", "--bind=0.0.0.0:8000"]
CMD ["shop.wsgi:application"]
`,
    },
    finds: ORDER,
    cured: {
      "path.yaml": pairOf("product: urllib3, settings: { poolMaxRequests: 1 }", "files: [Dockerfile]"),
    },
  },
  {
    thread: "aio-libs/aiohttp#9138",
    figures: "aiohttp's 15 s against uvicorn's 5 s",
    files: { "path.yaml": pairOf("product: aiohttp-client", "files: [Dockerfile]"), Dockerfile: uvicorn("") },
    finds: ORDER,
    cured: { Dockerfile: uvicorn(', "--timeout-keep-alive", "75"') },
  },
  {
    thread: "seanmonstar/reqwest#2021",
    figures: "reqwest's 90 s against a server that closes sooner (nginx' 75 s)",
    files: {
      "path.yaml": pairOf("product: hyper-client", "role: server, files: [nginx.conf]"),
      "nginx.conf": nginxServer("75"),
    },
    finds: ORDER,
    cured: {
      "path.yaml": pairOf(
        "product: hyper-client, settings: { poolIdleTimeout: 30s }",
        "role: server, files: [nginx.conf]",
      ),
    },
  },
  {
    thread: "square/okhttp#2738",
    figures: "OkHttp's 5 minutes against a server that closes sooner (nginx' 65 s)",
    files: {
      "path.yaml": pairOf("product: okhttp", "role: server, files: [nginx.conf]"),
      "nginx.conf": nginxServer("65"),
    },
    finds: ORDER,
    cured: { "nginx.conf": nginxServer("310s") },
  },
  {
    thread: "ClickHouse/clickhouse-java#760",
    figures: "a pool that keeps connections longer than the server's 3 s",
    files: {
      "path.yaml": pairOf("product: apache-httpclient", "role: server, settings: { idleTimeout: 3s }"),
    },
    finds: ORDER,
    cured: { "path.yaml": pairOf("product: apache-httpclient", "role: server, settings: { idleTimeout: 10m }") },
  },
  {
    thread: "spring-cloud/spring-cloud-gateway#2495",
    figures: "a gateway's pool without limit against a server of 60 s (Tomcat's own); cured by max-idle-time",
    files: {
      "path.yaml": pathOf("files: [application.yaml]", "product: tomcat"),
      "application.yaml": gateway(""),
    },
    finds: ORDER,
    cured: { "application.yaml": gateway("          max-idle-time: 30s\n") },
  },
  {
    thread: "reactor/reactor-netty#1774",
    figures: "a pool without limit; cured by maxIdleTime below the server's",
    files: {
      "path.yaml": pairOf("product: reactor-netty-client", "files: [application.properties]"),
      "application.properties": "server.port=8080\nserver.tomcat.keep-alive-timeout=20s\n",
    },
    finds: ORDER,
    cured: {
      "path.yaml": pairOf(
        "product: reactor-netty-client, settings: { poolIdleTimeout: 15s }",
        "files: [application.properties]",
      ),
    },
  },
  {
    thread: "dotnet/runtime#95516",
    figures: ".NET's pool against a server that closes sooner (30 s stand for it)",
    files: {
      "path.yaml": pairOf('product: dotnet-httpclient, version: "8"', "files: [appsettings.json]"),
      "appsettings.json": kestrel("00:00:30"),
    },
    finds: ORDER,
    cured: { "appsettings.json": kestrel("00:02:10") },
  },
  {
    thread: "dotnet/corefx#32305",
    figures: "the pool's 2 minutes of then against a server that closes sooner (60 s stand for it)",
    files: {
      "path.yaml": pairOf('product: dotnet-httpclient, version: "2.1"', "role: server, files: [nginx.conf]"),
      "nginx.conf": nginxServer("60"),
    },
    finds: ORDER,
    cured: { "nginx.conf": nginxServer("130s") },
  },
  {
    thread: "kubernetes/ingress-nginx#10301",
    figures: "the controller's 60 s against a service that closes sooner; cured by a shorter pool",
    files: {
      "path.yaml": pathOf("files: [controller.yaml]", 'product: node-server, version: "18.16"'),
      "controller.yaml": controllerConfig("60"),
    },
    finds: ORDER,
    cured: { "controller.yaml": controllerConfig("3") },
  },
  {
    thread: "kubernetes/ingress-nginx#4609",
    figures: "the same, with the chart's values",
    files: {
      "path.yaml": pathOf("files: [values.yaml]", 'product: node-server, version: "10.16"'),
      "values.yaml": `controller:
  replicaCount: 2
  config:
    use-forwarded-headers: "true"
    keep-alive: "75"
  service:
    type: LoadBalancer
`,
    },
    finds: ORDER,
    cured: {
      "values.yaml": `controller:
  replicaCount: 2
  config:
    use-forwarded-headers: "true"
    keep-alive: "75"
    upstream-keepalive-timeout: "3"
  service:
    type: LoadBalancer
`,
    },
  },
  {
    thread: "istio/istio#49660",
    figures: "a sidecar that keeps connections an hour; cured by idleTimeout in a DestinationRule",
    files: {
      "path.yaml": pathOf("files: [destination.yaml]", "role: server, settings: { idleTimeout: 60s }"),
      "destination.yaml": destination(""),
    },
    finds: ORDER,
    cured: { "destination.yaml": destination("        idleTimeout: 45s\n") },
  },
  {
    thread: "traefik/traefik#10932",
    figures: "Traefik's 90 s against a server that closes sooner; cured by idleConnTimeout",
    files: { "path.yaml": pathOf("product: traefik", "files: [Dockerfile]"), Dockerfile: uvicorn("") },
    finds: ORDER,
    cured: { "path.yaml": pathOf("product: traefik, settings: { poolIdleTimeout: 3s }", "files: [Dockerfile]") },
  },
  {
    thread: "haproxy/haproxy#2751",
    figures: "connections that are kept towards a server which closes sooner (uvicorn's 5 s)",
    files: {
      "path.yaml": pathOf("files: [haproxy.cfg]", "files: [Dockerfile]"),
      "haproxy.cfg": `defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend web
    bind :80
    default_backend app
backend app
    http-reuse safe
    server app1 10.0.0.11:8000 check pool-purge-delay 5s
`,
      Dockerfile: uvicorn(""),
    },
    finds: "keep-alive-order a.poolPurgeInterval b.idleTimeout",
    cured: { Dockerfile: uvicorn(', "--timeout-keep-alive=60"') },
  },
  {
    thread: "node-modules/agentkeepalive#23",
    figures: "an agent that keeps free sockets longer (15 s stand for it) than Node's 5 s",
    files: {
      "path.yaml": pairOf("role: client, settings: { poolIdleTimeout: 15s }", 'product: node-server, version: "8.9"'),
    },
    finds: ORDER,
    cured: {
      "path.yaml": pairOf("role: client, settings: { poolIdleTimeout: 3s }", 'product: node-server, version: "8.9"'),
    },
  },
];
