import type { RealFiles } from "./real-files.ts";

const FORGETS = "box-forgets-first a.poolIdleTimeout n.idleTimeout b.idleTimeout";
const pathOf = (a: string, n: string, b: string, more = ""): string =>
  `path: 1\n${more}hops:\n  - { id: a, ${a} }\n  - { id: n, ${n} }\n  - { id: b, ${b} }\n`;

const natGateways = `{
    "NatGateways": [
        {
            "CreateTime": "2024-05-01T10:00:00.000Z",
            "NatGatewayAddresses": [ { "AllocationId": "eipalloc-0a1b", "PublicIp": "203.0.113.7", "PrivateIp": "10.0.1.20" } ],
            "NatGatewayId": "nat-05dba92075d71c408",
            "State": "available",
            "SubnetId": "subnet-847e4dc2",
            "VpcId": "vpc-1a2b3c4d",
            "ConnectivityType": "public"
        }
    ]
}
`;

const sysctl = (time: number): string => `net.ipv4.ip_local_port_range = 32768	60999
net.ipv4.tcp_fin_timeout = 60
net.ipv4.tcp_keepalive_intvl = 75
net.ipv4.tcp_keepalive_probes = 9
net.ipv4.tcp_keepalive_time = ${time}
net.ipv4.tcp_retries2 = 15
net.ipv4.tcp_tw_reuse = 2
`;

const interfaceOf = (seconds: string): string => `{
    "NetworkInterfaces": [
        {
            "NetworkInterfaceId": "eni-0a1b2c3d4e5f",
            "InterfaceType": "interface",
            "PrivateIpAddress": "10.0.3.14",
            "ConnectionTrackingConfiguration": { "TcpEstablishedTimeout": ${seconds}, "UdpTimeout": 30 },
            "Status": "in-use"
        }
    ]
}
`;

const azureRule = (minutes: number): string => `{
  "format_version": "1.0",
  "terraform_version": "1.8.0",
  "values": {
    "root_module": {
      "resources": [
        {
          "address": "azurerm_lb_rule.sql",
          "type": "azurerm_lb_rule",
          "name": "sql",
          "values": {
            "backend_port": 5432,
            "enable_tcp_reset": false,
            "frontend_port": 5432,
            "idle_timeout_in_minutes": ${minutes},
            "name": "sql",
            "protocol": "Tcp"
          }
        }
      ]
    }
  }
}
`;

const nlbService = (attributes: string): string => `apiVersion: v1
kind: Service
metadata:
  name: sql
  namespace: data
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: external
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
${attributes}spec:
  type: LoadBalancer
  ports: [{ port: 26257, targetPort: 26257 }]
`;

/** Connections that a box between two ends forgot. */
export const SILENT_DROP_FILES: readonly RealFiles[] = [
  {
    thread: "aws/aws-cli#5783",
    figures: "an answer that takes longer than 350 s; cured with tcp_keepalive (and its time below 350 s)",
    files: {
      "path.yaml": pathOf(
        "product: urllib3",
        "files: [nat.json]",
        "role: server, settings: { idleTimeout: 15m }",
        "carries: [streams]\n",
      ),
      "nat.json": natGateways,
    },
    finds: "box-forgets-first a.tcpKeepalive n.idleTimeout",
    cured: {
      "path.yaml": pathOf(
        "product: urllib3, files: [sysctl.txt], settings: { tcpKeepalive: true }",
        "files: [nat.json]",
        "role: server, settings: { idleTimeout: 15m }",
        "carries: [streams]\n",
      ),
      "sysctl.txt": sysctl(60),
    },
  },
  {
    thread: "aws/aws-sdk-js-v3#3624",
    figures: "the same from Node; keepalive at the host's two hours does not help",
    files: {
      "path.yaml": pathOf(
        "role: client, files: [sysctl.txt], settings: { tcpKeepalive: true }",
        "files: [nat.json]",
        "role: server, settings: { idleTimeout: 15m }",
        "carries: [streams]\n",
      ),
      "nat.json": natGateways,
      "sysctl.txt": sysctl(7200),
    },
    finds: "keepalive-too-slow a.hostTcpKeepalive n.idleTimeout",
    cured: { "sysctl.txt": sysctl(45) },
  },
  {
    thread: "encode/httpx#2975",
    figures: "a pool of more than 350 s (ten minutes stand for it) through a NAT gateway",
    files: {
      "path.yaml": pathOf(
        "product: httpx, settings: { poolIdleTimeout: 10m }",
        "files: [nat.json]",
        "role: server, settings: { idleTimeout: 15m }",
      ),
      "nat.json": natGateways,
    },
    finds: FORGETS,
    cured: {
      "path.yaml": pathOf(
        "product: httpx, settings: { poolIdleTimeout: 10m, tcpKeepalive: 60s }",
        "files: [nat.json]",
        "role: server, settings: { idleTimeout: 15m }",
      ),
    },
  },
  {
    thread: "brettwooldridge/HikariCP#2259",
    figures:
      "connections of half an hour behind a balancer of 4 minutes, which stand for those of the thread; cured by a shorter lifetime",
    files: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: 30m }",
        "files: [lb.json]",
        "role: server, settings: { idleTimeout: 8h }",
      ),
      "lb.json": azureRule(4),
    },
    finds: FORGETS,
    cured: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: 200s }",
        "files: [lb.json]",
        "role: server, settings: { idleTimeout: 8h }",
      ),
    },
  },
  {
    thread: "brettwooldridge/HikariCP#845",
    figures: "the same; cured by a balancer that waits as long as the connections live",
    files: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: 10m, poolMaxAge: 30m }",
        "files: [lb.json]",
        "role: server, settings: { idleTimeout: 8h }",
      ),
      "lb.json": azureRule(4),
    },
    finds: FORGETS,
    cured: { "lb.json": azureRule(30) },
  },
  {
    thread: "cockroachdb/cockroach#29293",
    figures: "connections for ever through a cloud balancer (350 s); cured with keepalive of the server",
    files: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: never }",
        "files: [service.yaml]",
        "role: server, settings: { idleTimeout: never }",
      ),
      "service.yaml": nlbService(""),
    },
    finds: FORGETS,
    cured: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: never }",
        "files: [service.yaml]",
        "role: server, settings: { idleTimeout: never, serverTcpKeepalive: 60s }",
      ),
    },
  },
  {
    thread: "gardener/gardener#3093",
    figures:
      "connections of an hour through a cloud balancer (350 s stand for it); cured by a listener that waits longer than the pool",
    files: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: 1h }",
        "files: [service.yaml]",
        "role: server, settings: { idleTimeout: 2h }",
      ),
      "service.yaml": nlbService(""),
    },
    finds: FORGETS,
    cured: {
      "service.yaml": nlbService(
        "    service.beta.kubernetes.io/aws-load-balancer-listener-attributes.TCP-26257: tcp.idle_timeout.seconds=6000\n",
      ),
    },
  },
  {
    thread: "aws/karpenter-provider-aws#6826",
    figures: "350 s on an interface; cured by its own setting",
    files: {
      "path.yaml": pathOf(
        "role: client, settings: { poolIdleTimeout: 15m }",
        "files: [eni.json]",
        "role: server, settings: { idleTimeout: 1h }",
      ),
      "eni.json": interfaceOf("350"),
    },
    finds: FORGETS,
    cured: { "eni.json": interfaceOf("432000") },
  },
  {
    thread: "bazelbuild/bazel#27676",
    figures: "quiet gRPC streams through a cloud balancer (350 s stand for it)",
    files: {
      "path.yaml": pathOf(
        "role: client, protocol: http2, settings: { tcpKeepalive: true }, files: [sysctl.txt]",
        "product: aws-nlb",
        "role: server, protocol: http2",
        "carries: [streams]\n",
      ),
      "sysctl.txt": sysctl(7200),
    },
    finds: "keepalive-too-slow a.hostTcpKeepalive n.idleTimeout",
    cured: {
      "path.yaml": pathOf(
        "role: client, protocol: http2, settings: { pingInterval: 60s, tcpKeepalive: true }, files: [sysctl.txt]",
        "product: aws-nlb",
        "role: server, protocol: http2",
        "carries: [streams]\n",
      ),
    },
  },
];
