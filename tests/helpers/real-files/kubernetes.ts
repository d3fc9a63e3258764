import type { RealFiles } from "./real-files.ts";

const apiServer = (flags: string, image = "v1.30.4"): string => `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  namespace: kube-system
spec:
  hostNetwork: true
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:${image}
      command:
        - kube-apiserver
        - --advertise-address=10.0.0.10
        - --etcd-servers=https://127.0.0.1:2379
        - --secure-port=6443
${flags}`;

const manager = (image: string, flags = "", env = ""): string => `apiVersion: v1
kind: Pod
metadata:
  name: kube-controller-manager
  namespace: kube-system
spec:
  containers:
    - name: kube-controller-manager
      image: registry.k8s.io/kube-controller-manager:${image}
      command:
        - kube-controller-manager
        - --leader-elect=true
${flags}${env}`;

const ENV = (idle: number, ping: number): string => `      env:
        - { name: HTTP2_READ_IDLE_TIMEOUT_SECONDS, value: "${idle}" }
        - { name: HTTP2_PING_TIMEOUT_SECONDS, value: "${ping}" }
`;

const CONTROL = `path: 1
carries: [watches]
hops:
  - { id: c, files: [kcm.yaml] }
  - { id: s, files: [apiserver.yaml] }
detectors:
  - { id: d, files: [kcm.yaml], hearsThrough: c }
`;

const targetGroup = (preserve: boolean): string => `{
    "Attributes": [
        { "Key": "preserve_client_ip.enabled", "Value": "${preserve}" },
        { "Key": "proxy_protocol_v2.enabled", "Value": "false" },
        { "Key": "deregistration_delay.timeout_seconds", "Value": "300" },
        { "Key": "deregistration_delay.connection_termination.enabled", "Value": "false" }
    ]
}
`;

const CROSS_ZONE = `{
    "Attributes": [
        { "Key": "load_balancing.cross_zone.enabled", "Value": "true" },
        { "Key": "dns_record.client_routing_policy", "Value": "any_availability_zone" }
    ]
}
`;

const service = (type: string, attributes = ""): string => `apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: external
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ${type}
${attributes}spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ port: 443, targetPort: 8443 }]
`;
const GROUP = "    service.beta.kubernetes.io/aws-load-balancer-target-group-attributes: ";

const deployment = (grace: number, preStop: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: ${grace}
      containers:
        - name: web
          image: example.test/web:2.4.1
          ports: [{ containerPort: 8443 }]
${preStop}`;
const sleep = (seconds: number): string => `          lifecycle:
            preStop:
              exec: { command: ["/bin/sh", "-c", "sleep ${seconds}"] }
`;

const ingress = (delay: number): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/target-group-attributes: deregistration_delay.timeout_seconds=${delay}
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;

const HAIRPIN = "hairpin-prone n.clientIpPreservation";
const hairpinPath = `path: 1
clientsAreTargets: true
hops:
  - { id: c, role: client }
  - { id: n, files: [service.yaml] }
  - { id: s, role: server }
`;
const drainPath = (file: string): string => `path: 1
hops:
  - { id: u, role: client }
  - { id: a, files: [${file}] }
  - { id: s, files: [deployment.yaml], settings: { idleTimeout: 90s } }
`;

/** Control planes, pods and what stands before them. */
export const KUBERNETES_FILES: readonly RealFiles[] = [
  {
    thread: "kubernetes/kubernetes#93268",
    figures: "no health check (switched off here; there was none then)",
    files: {
      "path.yaml": CONTROL,
      "kcm.yaml": manager("v1.30.4", "        - --node-monitor-grace-period=2m\n", ENV(0, 15)),
      "apiserver.yaml": apiServer(""),
    },
    finds: "no-health-check c.readIdleTimeout",
    cured: { "kcm.yaml": manager("v1.30.4", "        - --node-monitor-grace-period=2m\n", ENV(30, 15)) },
  },
  {
    thread: "kubernetes/kubernetes#95981",
    figures: "30 s + 15 s, which came here, against 40 s",
    files: { "path.yaml": CONTROL, "kcm.yaml": manager("v1.30.4"), "apiserver.yaml": apiServer("") },
    finds: "slow-health-check c.readIdleTimeout c.pingTimeout d.nodeMonitorGracePeriod",
    cured: { "kcm.yaml": manager("v1.30.4", "", ENV(15, 10)) },
  },
  {
    thread: "kubernetes/kubernetes#87615",
    figures: "an old client without a check (1.15 stands for it)",
    files: {
      "path.yaml": CONTROL,
      "kcm.yaml": manager("v1.15.12", "        - --node-monitor-grace-period=60s\n"),
      "apiserver.yaml": apiServer("", "v1.15.12"),
    },
    finds: "no-health-check c.readIdleTimeout",
    cured: {
      "kcm.yaml": manager("v1.21.5", "        - --node-monitor-grace-period=60s\n"),
    },
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#1842",
    figures: "instance targets, so that client addresses are kept, and clients among them",
    files: { "path.yaml": hairpinPath, "service.yaml": service("instance") },
    finds: HAIRPIN,
    cured: { "service.yaml": service("ip") },
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#3521",
    figures: "address targets with client addresses kept by hand",
    files: {
      "path.yaml": hairpinPath,
      "service.yaml": service("ip", `${GROUP}preserve_client_ip.enabled=true\n`),
    },
    finds: HAIRPIN,
    cured: { "service.yaml": service("ip", `${GROUP}preserve_client_ip.enabled=false\n`) },
  },
  {
    thread: "kubernetes/cloud-provider-aws#564",
    figures: "the in-tree provider's network balancer with instance targets",
    files: {
      "path.yaml": hairpinPath,
      "service.yaml": `apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
    service.beta.kubernetes.io/aws-load-balancer-target-group-attributes: preserve_client_ip.enabled=true
spec:
  type: LoadBalancer
  ports: [{ port: 443 }]
`,
    },
    finds: HAIRPIN,
    cured: {
      "service.yaml": service("instance", `${GROUP}preserve_client_ip.enabled=false\n`),
    },
  },
  {
    thread: "cilium/cilium#18632",
    figures: "one client port towards several addresses of a balancer that reach one target; goaway-chance 0.001",
    files: {
      "path.yaml": `path: 1
carries: [watches]
load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10 }
hops:
  - { id: c, product: kubernetes-client }
  - { id: n, product: aws-nlb, files: [lb.json, tg.json] }
  - { id: s, files: [apiserver.yaml] }
`,
      "lb.json": CROSS_ZONE,
      "tg.json": targetGroup(true),
      "apiserver.yaml": apiServer("        - --goaway-chance=.001\n"),
    },
    finds: "goaway-collision s.goawayChance n.clientIpPreservation n.crossZone",
    cured: { "tg.json": targetGroup(false) },
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#2366",
    figures: "a network balancer that goes on for two minutes and more; pods that end at once",
    files: {
      "path.yaml": `path: 1
hops:
  - { id: u, role: client }
  - { id: a, files: [service.yaml] }
  - { id: s, files: [deployment.yaml] }
`,
      "service.yaml": service("ip", `${GROUP}deregistration_delay.timeout_seconds=120\n`),
      "deployment.yaml": deployment(60, sleep(15)),
    },
    finds: "drain-before-deregistration a.deregistrationDelay s.preStop",
    cured: { "deployment.yaml": deployment(200, sleep(140)) },
  },
  {
    thread: "kubernetes-sigs/aws-load-balancer-controller#1124",
    figures: "a sleep that is shorter than the delay (its 300 s stand for it)",
    files: {
      "path.yaml": drainPath("ingress.yaml"),
      "ingress.yaml": ingress(300),
      "deployment.yaml": deployment(60, sleep(40)),
    },
    finds: "drain-before-deregistration a.deregistrationDelay s.preStop",
    cured: { "ingress.yaml": ingress(25) },
  },
  {
    thread: "zalando/skipper#652",
    figures: "no wait before the pod ends (20 s of delay stand before it)",
    files: {
      "path.yaml": drainPath("ingress.yaml"),
      "ingress.yaml": ingress(20),
      "deployment.yaml": deployment(30, sleep(1)),
    },
    finds: "drain-before-deregistration a.deregistrationDelay s.preStop",
    cured: {
      "deployment.yaml": deployment(60, "          lifecycle: { preStop: { sleep: { seconds: 40 } } }\n"),
    },
  },
];
