import { expect, test } from "vitest";
import { contents, readWhole } from "../../tests/helpers/log-entries.ts";
import { failureOf } from "./failure-of.ts";

/** Wordings: client-go tools/cache/reflector.go, kubernetes pkg/controller/nodelifecycle, component-helpers lease. */
const KCM = `I1120 15:56:38.000001       1 log.go:194] http2: Framer 0xc00151c1c0: wrote WINDOW_UPDATE len=4 (conn) incr=4096
W1120 15:56:53.367735       1 reflector.go:347] k8s.io/client-go@v0.26.3/tools/cache/reflector.go:169: watch of *v1.Lease ended with: an error on the server ("unable to decode an event from the watch stream: http2: client connection lost") has prevented the request from succeeding
I1120 15:56:53.367999       1 reflector.go:561] "Warning: watch ended with error" reflector="k8s.io/client-go/informers/factory.go:160" type="*v1.Lease" err="an error on the server (\\"unable to decode an event from the watch stream: http2: client connection lost\\") has prevented the request from succeeding"
I1120 15:57:18.100000       1 node_lifecycle_controller.go:1100] "Node hasn't been updated" node="ip-10-0-3-7" duration="40.005s" nodeConditionType="Ready" currentCondition="&NodeCondition{}"
I1120 15:57:18.100001       1 node_lifecycle_controller.go:1012] node ip-10-0-3-8 hasn't been updated for 1m2.5s. Last Ready is: &NodeCondition{Type:Ready}
I1120 15:57:18.200000       1 controller_utils.go:105] "Recording status change event message for node" status="NodeNotReady" node="ip-10-0-3-7"
I1120 15:57:18.210000       1 event.go:376] "Event occurred" object="ip-10-0-3-7" kind="Node" apiVersion="v1" type="Normal" reason="NodeNotReady" message="Node ip-10-0-3-7 status is now: NodeNotReady"
I1120 15:57:19.000000       1 flags.go:64] FLAG: --goaway-chance="0.001"
`;

test("kube-controller-manager: watch lost, nodes silent, nodes NotReady", () => {
  const { entries, reader } = readWhole(KCM);
  expect(reader.counts).toEqual({ lines: 8, parsed: 8, text: 0 });
  expect(contents(entries, "watch-ended")).toMatchObject([
    { resource: "*v1.Lease", outcome: "error", error: "lost-ping" },
    { resource: "*v1.Lease", outcome: "error", error: "lost-ping" },
  ]);
  expect(contents(entries, "node-status").map((n) => [n.node, n.status, n.silentFor])).toEqual([
    ["ip-10-0-3-7", "stale", 40.005e9],
    ["ip-10-0-3-8", "stale", 62.5e9],
    ["ip-10-0-3-7", "not-ready", undefined],
    ["ip-10-0-3-7", "not-ready", undefined],
  ]);
  expect(contents(entries, "http2-frame")).toMatchObject([{ framer: "0xc00151c1c0", increment: 4096 }]);
  expect(contents(entries, "message")).toHaveLength(1);
  expect(entries[3]).toMatchObject({ program: "kube-controller-manager", severity: "info" });
  expect(entries[1]?.severity).toBe("warning");
});

test("kubelet: a lease that is not renewed names node and failure", () => {
  const line = `E1120 13:30:26.833170     228 controller.go:145] "Failed to ensure lease exists, will retry" err="Get \\"https://10.0.0.1:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node01?timeout=10s\\": dial tcp 10.0.0.1:6443: connect: connection refused" interval="7s"`;
  expect(contents(readWhole(line).entries, "lease")).toMatchObject([
    { name: "node01", namespace: "kube-node-lease", outcome: "failed", error: "refused" },
  ]);
});

test("a time-out parameter in a URL is no time-out", () => {
  const text = 'Get "https://10.0.0.1:6443/x?timeout=10s": dial tcp 10.0.0.1:6443: connect: connection refused';
  expect(failureOf(text)).toMatchObject({ error: "refused", operation: "connect", remote: { port: 6443 } });
});

const audit = (code: number, stamp: string): string =>
  JSON.stringify({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: "5a0e",
    stage: "ResponseComplete",
    requestURI: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1?timeout=10s",
    verb: "update",
    user: { username: "system:node:node-1" },
    sourceIPs: ["10.0.3.7"],
    userAgent: "kubelet/v1.31.2",
    objectRef: { resource: "leases", namespace: "kube-node-lease", name: "node-1", apiGroup: "coordination.k8s.io" },
    responseStatus: { metadata: {}, code },
    requestReceivedTimestamp: "2026-11-20T15:57:01.100000Z",
    stageTimestamp: stamp,
  });

test("the audit log shows that the kubelet lives", () => {
  const watch = audit(200, "2026-11-20T15:57:02Z").replace('"update"', '"watch"').replace('"leases"', '"pods"');
  const { entries, reader } = readWhole(
    `${audit(200, "2026-11-20T15:57:01.104000Z")}\n${audit(409, "2026-11-20T15:57:11Z")}\n${watch}\n`,
  );
  expect(reader.recognition?.format).toBe("kubernetes-audit");
  expect(contents(entries, "lease").map((l) => [l.name, l.outcome, l.status])).toEqual([
    ["node-1", "renewed", 200],
    ["node-1", "failed", 409],
  ]);
  expect(contents(entries, "request")).toMatchObject([
    { method: "watch", status: 200, duration: 900e6, userAgent: "kubelet/v1.31.2" },
  ]);
});

test("lines that a container runtime, journald or syslog wrapped are read inside, and get its date", () => {
  const klog =
    "W1120 15:56:53.367735       1 reflector.go:347] a.go:1: watch of *v1.Lease ended with: http2: client connection lost";
  const wrapped = [
    `2026-11-20T15:56:53.367999123Z stderr F ${klog}`,
    JSON.stringify({
      __REALTIME_TIMESTAMP: "1795190213367999",
      SYSLOG_IDENTIFIER: "kubelet",
      PRIORITY: "4",
      MESSAGE: klog,
    }),
    JSON.stringify({ __REALTIME_TIMESTAMP: "1795190213367999", MESSAGE: [...klog].map((c) => c.charCodeAt(0)) }),
    JSON.stringify({ log: `${klog}\n`, stream: "stderr", time: "2026-11-20T15:56:53.367999123Z" }),
    `Nov 20 15:56:53 host kube-controller-manager[77]: ${klog}`,
  ];
  const { entries } = readWhole(wrapped.join("\n"));
  expect(entries.map((e) => e.content.kind)).toEqual(wrapped.map(() => "watch-ended"));
  expect(entries.map((e) => e.time?.kind)).toEqual(["instant", "instant", "instant", "instant", "partial"]);
  expect(entries[1]).toMatchObject({ program: "kubelet", time: { at: 1795190213367999000n } });
  expect(entries[4]?.program).toBe("kube-controller-manager");
});

test("the kernel's log through syslog: the table is full", () => {
  const { entries } = readWhole(
    "Feb 23 16:44:36 jobs kernel: [38775494.392631] nf_conntrack: table full, dropping packet\n",
  );
  expect(entries).toMatchObject([{ program: "kernel", content: { kind: "failure", error: "table-full" } }]);
});
