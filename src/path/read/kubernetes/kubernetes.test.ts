import { expect, test } from "vitest";
import { linesOf } from "../../../../tests/helpers/judge-path.ts";
import { hopLines, readFixture, readText, remarkLines } from "../../../../tests/helpers/read-config.ts";
import { check } from "../../check.ts";
import { READERS } from "../index.ts";

test("kube-apiserver's static pod", () => {
  const reading = readFixture("kube-apiserver.yaml");
  expect(hopLines(reading)).toEqual([
    "Pod kube-system/kube-apiserver container kube-apiserver | server 7 kube-apiserver 1.32.0 http2 | goawayChance=0.001@11 requestTimeoutMs=60000@13 preStopMs=20000@14 terminationGraceMs=30000@assumed-default",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("kube-controller-manager's static pod is a client and a detector", () => {
  const reading = readFixture("kube-controller-manager.yaml");
  expect(hopLines(reading)).toEqual([
    "Pod kube-system/kube-controller-manager container kube-controller-manager as client | client 7 kubernetes-client 1.31.2 http2 | readIdleTimeoutMs=10000@20 pingTimeoutMs=5000@21",
    "Pod kube-system/kube-controller-manager container kube-controller-manager | detector 7 kube-controller-manager 1.31.2 | nodeMonitorGracePeriodMs=40000@14 nodeMonitorPeriodMs=5000@15 leaderLeaseMs=15000@17",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("KubeletConfiguration, KubeProxyConfiguration, kubeadm", () => {
  const reading = readFixture("kubelet.yaml");
  expect(hopLines(reading)).toEqual([
    "kubelet as client | client 7 kubernetes-client http2 | ",
    "kubelet | detector 7 kubelet | nodeLeaseDurationMs=40000@3 nodeStatusUpdateMs=10000@4 leaseRenewIntervalMs=10000*@3",
    "kube-proxy | host 4 linux | conntrackEstablishedMs=86400000@11",
    "apiServer | server 7 kube-apiserver 1.33.1 http2 | goawayChance=0.02@19",
    "controllerManager as client | client 7 kubernetes-client 1.33.1 http2 | ",
    "controllerManager | detector 7 kube-controller-manager 1.33.1 | nodeMonitorGracePeriodMs=50000@23",
  ]);
  expect(remarkLines(reading)).toEqual([
    "ignored kubelet.yaml:5 nodeStatusReportFrequency is compared with nothing",
    "ignored kubelet.yaml:6 streamingConnectionIdleTimeout is compared with nothing",
  ]);
});

test("a Deployment: commands, lifecycle, sysctls, environment, sidecar", () => {
  const reading = readFixture("deployment.yaml");
  expect(hopLines(reading)).toEqual([
    "Deployment ml/inference sidecar | proxy 7 istio | drainMs=45000@11",
    "Deployment ml/inference container api | server 7 uvicorn http1 | idleTimeoutMs=75000@23 terminationGraceMs=60000@13 preStopMs=15000@27",
    "Deployment ml/inference container admin | server 7 gunicorn http1 | idleTimeoutMs=5000@30 maxRequests=1*@30 terminationGraceMs=60000@13",
    "Deployment ml/inference container shop | server 7 | terminationGraceMs=60000@13 preStopMs=10000@41",
    "tomcat (Deployment ml/inference container shop) | server 7 tomcat http1 | idleTimeoutMs=70000@37",
    "Deployment ml/inference sysctls | host 4 linux | hostTcpKeepaliveMs=120000@17",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("ingress-nginx: ConfigMap and annotations", () => {
  const reading = readFixture("ingress-nginx.yaml");
  expect(hopLines(reading)).toEqual([
    "ConfigMap ingress-nginx/ingress-nginx-controller | proxy 7 ingress-nginx | idleTimeoutMs=75000@7 maxRequests=10000@8 poolIdleTimeoutMs=4000@9 poolMaxAgeMs=1800000@11 responseTimeoutMs=120000@12 streamIdleTimeoutMs=120000@12 drainMs=240000@14 reusesConnections=1@10",
    "Ingress web/shop | proxy 7 ingress-nginx | responseTimeoutMs=3600000@25 streamIdleTimeoutMs=3600000@25",
  ]);
  expect(remarkLines(reading)).toEqual([
    "ignored ingress-nginx.yaml:15 http-snippet sets timeouts, which were not read",
    "ignored ingress-nginx.yaml:27 nginx.ingress.kubernetes.io/configuration-snippet sets timeouts, which were not read",
    "ignored ingress-nginx.yaml:38 kind ServiceMonitor is not read",
    "error bad-value ingress-nginx.yaml:13 data.proxy-connect-timeout: what stands there (not shown) is not a value that it takes",
  ]);
});

test("annotations of the AWS Load Balancer Controller, in a List", () => {
  const reading = readFixture("aws-load-balancer-controller.yaml");
  expect(hopLines(reading)).toEqual([
    "Service mq/broker | box 4 aws-nlb | crossZone=1@12 clientIpPreservation=1@13 deregistrationDelayMs=120000@13 idleTimeoutMs=1200000@14 healthCheckIntervalMs=10000@15 healthCheckTimeoutMs=10000*@10 healthyThreshold=3*@10 unhealthyThreshold=3*@10",
    "Service old | proxy 7 aws-clb | idleTimeoutMs=3600000@22 poolIdleTimeoutMs=3600000@22 streamIdleTimeoutMs=3600000@22",
    "Ingress shop | proxy 7 aws-alb | idleTimeoutMs=600000@30 poolIdleTimeoutMs=600000@30 streamIdleTimeoutMs=600000@30 responseTimeoutMs=600000@30 deregistrationDelayMs=30000@31 healthCheckIntervalMs=15000@32 unhealthyThreshold=2@33",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed aws-load-balancer-controller.yaml:21 Service old has no aws-load-balancer-type that names a network balancer: taken for a classic one",
  ]);
});

test("Istio: DestinationRule, EnvoyFilter, VirtualService, mesh", () => {
  const reading = readFixture("istio.yaml");
  expect(hopLines(reading)).toEqual([
    "DestinationRule shop/orders -> orders.shop.svc.cluster.local | proxy 7 istio | poolIdleTimeoutMs=55000@18 poolMaxRequests=500@19 connectTimeoutMs=3000@11 tcpKeepaliveMs=120000@14 tcpKeepaliveIntervalMs=30000@15 tcpKeepaliveProbes=4@16",
    "DestinationRule shop/orders -> orders.shop.svc.cluster.local subset v2 | proxy 7 istio | poolIdleTimeoutMs=5000@25 poolMaxRequests=1@25 reusesConnections=0@25",
    "EnvoyFilter istio-system/gateway-timeouts GATEWAY | proxy 7 istio | idleTimeoutMs=75000@47 streamIdleTimeoutMs=3600000@48",
    "VirtualService shop/orders -> orders | proxy 7 istio | responseTimeoutMs=45000@61",
    "mesh istio-system/istio | proxy 7 istio | tcpKeepaliveMs=600000@76 drainMs=30000@72 idleTimeoutMs=600000@74",
  ]);
  expect(remarkLines(reading)).toEqual([
    "ignored istio.yaml:12 connectionPool.tcp.idleTimeout rules TCP proxying only; for HTTP it is connectionPool.http.idleTimeout",
    "ignored istio.yaml:49 EnvoyFilter patch of LISTENER is not read",
  ]);
});

test("whole files in a ConfigMap, with the lines of the manifest", () => {
  const reading = readFixture("config-map-files.yaml");
  expect(hopLines(reading)).toEqual([
    "ConfigMap edge nginx.conf: server listen 8080 -> 127.0.0.1:3000 | proxy 7 nginx http1 | idleTimeoutMs=650000@9",
    "ConfigMap edge application.yaml: tomcat | server 7 tomcat http1 | idleTimeoutMs=30000@18",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

const service = (annotations: string, spec = ""): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  annotations:\n${annotations}\nspec:\n  type: LoadBalancer\n${spec}`;
const AWS = "    service.beta.kubernetes.io/aws-load-balancer-";

test.each([
  [
    "a loadBalancerClass registers instances",
    service(`${AWS}backend-protocol: tcp`, "  loadBalancerClass: service.k8s.aws/nlb"),
    "Service s | box 4 aws-nlb | healthCheckIntervalMs=10000*@9 healthCheckTimeoutMs=10000*@9 healthyThreshold=3*@9 unhealthyThreshold=3*@9 clientIpPreservation=1*@9",
  ],
  ["the in-tree type sets no defaults of the controller", service(`${AWS}type: nlb`), "Service s | box 4 aws-nlb | "],
  [
    "Azure's minutes",
    service("    service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout: '30'"),
    "Service s | box 4 azure-load-balancer | idleTimeoutMs=1800000@6 resetsOnExpiry=1*@6",
  ],
  [
    "NGINX Ingress Controller's own ConfigMap",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nginx-config}\ndata:\n  keepalive: '32'\n  keepalive-timeout: 65s\n  proxy-read-timeout: 20s\n",
    "ConfigMap nginx-config | proxy 7 nginx | idleTimeoutMs=65000@6 responseTimeoutMs=20000@7 streamIdleTimeoutMs=20000@7 reusesConnections=1@5",
  ],
  [
    "a port's own policy",
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec:\n  host: h\n  trafficPolicy:\n    portLevelSettings:\n    - port: {number: 80}\n      connectionPool: {http: {idleTimeout: 0s}}\n",
    "DestinationRule d -> h port 80 | proxy 7 istio | poolIdleTimeoutMs=Infinity@9",
  ],
  [
    "any client made with client-go",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    env:\n    - {name: HTTP2_READ_IDLE_TIMEOUT_SECONDS, value: '0'}\n",
    "Pod p container c as client | client 7 kubernetes-client http2 | readIdleTimeoutMs=Infinity@8",
  ],
  [
    "kubeadm's map of arguments",
    "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.30.4\napiServer:\n  extraArgs:\n    goaway-chance: '0.01'\n",
    "apiServer | server 7 kube-apiserver 1.30.4 http2 | goawayChance=0.01@6",
  ],
])("%s", (_, text, expected) => {
  expect(hopLines(readText("x.yaml", text))).toContain(expected);
});

test("a mistake in one document leaves the others", () => {
  const good = service(`${AWS}type: nlb`);
  const { hops, problems } = readText("x.yaml", `${good}\n---\na: [1\nkind: Pod\n---\n${good}`);
  expect(hops.map(({ name }) => name)).toEqual(["Service s", "Service s (2)"]);
  expect(problems.map(({ code, level }) => `${level} ${code}`)).toEqual(["error malformed"]);
});

test("a pod that says nothing is killed after 30 s: a longer preStop is cut short", () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: app }
spec:
  template:
    spec:
      containers:
        - name: app
          image: app
          ports: [{ containerPort: 8080 }]
          lifecycle: { preStop: { exec: { command: [sh, -c, sleep 45] } } }
`;
  expect(hopLines(readText("deployment.yaml", text))).toEqual([
    "Deployment app container app | server 7 | preStopMs=45000@11 terminationGraceMs=30000@assumed-default",
  ]);
  const result = check([{ file: "deployment.yaml", text }], { readers: READERS });
  expect(result.paths.flatMap(linesOf)).toEqual([
    "error server-contradiction Deployment app container app.preStop Deployment app container app.terminationGrace",
  ]);
  const short = check([{ file: "deployment.yaml", text: text.replace("sleep 45", "sleep 15") }], { readers: READERS });
  expect(short.paths.flatMap(linesOf)).toEqual([]);
});

test("a Service on Azure: minutes, and resets that nobody can turn off any more", () => {
  const azure = "service.beta.kubernetes.io/azure-load-balancer-";
  const text = `apiVersion: v1
kind: Service
metadata:
  name: db
  annotations:
    ${azure}tcp-idle-timeout: "10"
    ${azure}disable-tcp-reset: "true"
`;
  const reading = readText("service.yaml", text);
  expect(hopLines(reading)).toEqual([
    "Service db | box 4 azure-load-balancer | idleTimeoutMs=600000@6 resetsOnExpiry=1*@6",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed service.yaml:5 Service db is taken for a Standard load balancer, which resets both ends at expiry",
    `ignored service.yaml:7 ${azure}disable-tcp-reset was removed in Kubernetes 1.20`,
  ]);
  const other = 'apiVersion: v1\nkind: Service\nmetadata: { name: a, annotations: { x: "1" } }\n';
  expect(hopLines(readText("service.yaml", other))).toEqual([]);
});

test("kubeadm's extra arguments, as a map and as a list", () => {
  const head =
    "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.0\ncontrollerManager:\n";
  const list = "  extraArgs:\n    - name: node-monitor-grace-period\n      value: 40s\n";
  const map = "  extraArgs:\n    node-monitor-grace-period: 40s\n";
  for (const [text, line] of [
    [head + list, 7],
    [head + map, 6],
  ] as const) {
    expect(hopLines(readText("kubeadm.yaml", text))).toEqual([
      "controllerManager as client | client 7 kubernetes-client 1.34.0 http2 | ",
      `controllerManager | detector 7 kube-controller-manager 1.34.0 | nodeMonitorGracePeriodMs=40000@${line}`,
    ]);
  }
});

test("kubeadm's ConfigMaps hold the node's configurations as text", () => {
  const text = [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata: { name: kubelet-config, namespace: kube-system }",
    "data:",
    "  kubelet: |",
    "    apiVersion: kubelet.config.k8s.io/v1beta1",
    "    kind: KubeletConfiguration",
    "    nodeLeaseDurationSeconds: 60",
    "---",
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata: { name: kubeadm-config }",
    "data:",
    "  ClusterConfiguration: |",
    "    kind: ClusterConfiguration",
    "    kubernetesVersion: v1.30.1",
    "    controllerManager: { extraArgs: { node-monitor-grace-period: 20s } }",
  ].join("\n");
  expect(hopLines(readText("cm.yaml", text))).toEqual([
    "ConfigMap kube-system/kubelet-config kubelet: kubelet as client | client 7 kubernetes-client http2 | ",
    "ConfigMap kube-system/kubelet-config kubelet: kubelet | detector 7 kubelet | nodeLeaseDurationMs=60000@8 leaseRenewIntervalMs=15000*@8",
    "ConfigMap kubeadm-config ClusterConfiguration: controllerManager as client | client 7 kubernetes-client 1.30.1 http2 | ",
    "ConfigMap kubeadm-config ClusterConfiguration: controllerManager | detector 7 kube-controller-manager 1.30.1 | nodeMonitorGracePeriodMs=20000@17",
  ]);
});

test("a map or list where one value belongs is said, and so is a duration that Go does not take; null is nothing", () => {
  const rule = (idle: string): string =>
    `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: x }\nspec: { host: a, trafficPolicy: { connectionPool: { http: { idleTimeout: ${idle} } } } }\n`;
  const said = (idle: string): string[] =>
    readText("d.yaml", rule(idle)).problems.map(({ says }) => says.replace(/^\S+ /, ""));
  expect(said("{ seconds: 30 }")).toEqual(["a map stands where one value belongs"]);
  expect(said("[30s]")).toEqual(["a list stands where one value belongs"]);
  expect(said('"30 s"')).toEqual(["what stands there (not shown) is not a value that it takes"]);
  expect(said("null")).toEqual([]);
});
