import { expect, test } from "vitest";
import { check } from "../src/path/check.ts";
import { solve } from "../src/path/fix/solve.ts";
import { READERS } from "../src/path/read/index.ts";
import { advice } from "../src/report/check/text.ts";
import { linesOf } from "./helpers/judge-path.ts";

/** Threads whose configuration is rebuilt in the files that people have: a path that names them, unsafe and cured. */
interface RealFiles {
  readonly thread: string;
  readonly path: string;
  /** File by name; the unsafe text and the cured one. */
  readonly files: Readonly<Record<string, readonly [unsafe: string, cured: string]>>;
  readonly finds: string;
  /** Where the setting that the cure changes stands. */
  readonly at: string;
}

const same = (text: string): readonly [string, string] => [text, text];
const CASES: readonly RealFiles[] = [
  {
    thread: "lsst-sqre/phalanx#5103",
    path: "hops:\n  - { id: u, role: client }\n  - { id: ingress, files: configmap.yaml }\n  - { id: app, files: Dockerfile }\n",
    files: {
      "configmap.yaml": same(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ingress-nginx-controller, namespace: ingress-nginx }\ndata:\n  upstream-keepalive-timeout: "60"\n',
      ),
      Dockerfile: [
        'FROM python:3.12\nCMD ["uvicorn", "app:app", "--timeout-keep-alive", "5"]\n',
        'FROM python:3.12\nCMD ["uvicorn", "app:app", "--timeout-keep-alive", "65"]\n',
      ],
    },
    finds: "error keep-alive-order ingress.poolIdleTimeout app.idleTimeout",
    at: "Dockerfile:2",
  },
  {
    thread: "istio/istio#55138",
    path: "hops:\n  - { id: u, role: client }\n  - { id: mesh, files: rule.yaml }\n  - { id: app, role: server, settings: { idleTimeout: 30s } }\n",
    files: {
      "rule.yaml": ["3600s", "20s"].map(
        (idle) =>
          `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: app }\nspec:\n  host: app\n  trafficPolicy:\n    connectionPool:\n      http:\n        idleTimeout: ${idle}\n`,
      ) as unknown as readonly [string, string],
    },
    finds: "error keep-alive-order mesh.poolIdleTimeout app.idleTimeout",
    at: "rule.yaml:9",
  },
  {
    thread: "kubernetes/kubernetes#121793",
    path: "carries: watches\nhops:\n  - { id: kcm, product: kubernetes-client, files: kcm.yaml }\n  - { id: api, product: kube-apiserver }\ndetectors:\n  - { id: lifecycle, files: kcm.yaml, hearsThrough: kcm }\n",
    files: {
      "kcm.yaml": ["40s", "60s"].map(
        (grace) =>
          `apiVersion: v1\nkind: Pod\nmetadata: { name: kube-controller-manager, namespace: kube-system }\nspec:\n  containers:\n    - name: kube-controller-manager\n      image: registry.k8s.io/kube-controller-manager:v1.28.3\n      command:\n        - kube-controller-manager\n        - --node-monitor-grace-period=${grace}\n`,
      ) as unknown as readonly [string, string],
    },
    finds: "error slow-health-check kcm.readIdleTimeout kcm.pingTimeout lifecycle.nodeMonitorGracePeriod",
    at: "kcm.yaml:10",
  },
  {
    thread: "hortonworks/cloudbreak-images#552",
    path: "hops:\n  - { id: a, role: client, files: sysctl.txt, settings: { poolIdleTimeout: 1h, tcpKeepalive: true } }\n  - { id: n, product: aws-nlb, files: listener.json }\n  - { id: b, role: server, settings: { idleTimeout: 2h } }\n",
    files: {
      "sysctl.txt": [
        "net.ipv4.tcp_keepalive_intvl = 75\nnet.ipv4.tcp_keepalive_time = 7200\n",
        "net.ipv4.tcp_keepalive_intvl = 75\nnet.ipv4.tcp_keepalive_time = 300\n",
      ],
      "listener.json": same('{ "Attributes": [ { "Key": "tcp.idle_timeout.seconds", "Value": "350" } ] }\n'),
    },
    finds: "error keepalive-too-slow a.hostTcpKeepalive n.idleTimeout",
    at: "sysctl.txt:2",
  },
  {
    thread: "dotnet/runtime#52687",
    path: 'hops:\n  - { id: a, product: dotnet-httpclient, version: "5" }\n  - { id: b, files: appsettings.json }\n',
    files: {
      "appsettings.json": ["00:02:00", "00:02:10"].map(
        (idle) => `{\n  "Kestrel": {\n    "Limits": { "KeepAliveTimeout": "${idle}" }\n  }\n}\n`,
      ) as unknown as readonly [string, string],
    },
    finds: "error keep-alive-order a.poolIdleTimeout b.idleTimeout",
    at: "appsettings.json:3",
  },
  {
    thread: "cloudfoundry/java-buildpack#881",
    path: "hops:\n  - { id: u, role: client }\n  - { id: router, role: proxy, settings: { poolIdleTimeout: 90s } }\n  - { id: app, files: application.properties }\n",
    files: {
      "application.properties": ["server.tomcat.keep-alive-timeout=60s\n", "server.tomcat.keep-alive-timeout=95s\n"],
    },
    finds: "error keep-alive-order router.poolIdleTimeout app.idleTimeout",
    at: "application.properties:1",
  },
];

const judged = ({ path, files }: RealFiles, which: 0 | 1) => {
  const load = (name: string) => {
    const texts = files[name];
    return texts === undefined ? undefined : { file: name, text: texts[which] };
  };
  const result = check([{ file: "path.yaml", text: `path: 1\n${path}` }], { readers: READERS, load });
  expect(result.files.flatMap(({ problems }) => problems)).toEqual([]);
  const [checked] = result.paths;
  if (checked === undefined) throw new Error("no path");
  return checked;
};

test.each(CASES)("$thread, from its files", (real) => {
  const unsafe = judged(real, 0);
  expect(linesOf(unsafe)).toEqual([real.finds]);
  expect(JSON.stringify(unsafe.findings[0]?.settings.map(({ setting }) => setting?.source))).toContain(
    JSON.stringify(real.at.split(":")[0]),
  );
  expect(linesOf(judged(real, 1))).toEqual([]);
});

test.each(CASES)("$thread is mended with advice for its files, in their own words", (real) => {
  const unsafe = judged(real, 0);
  const fix = solve(unsafe.path);
  if (fix.kind !== "changes") throw new Error(fix.kind);
  expect(fix.changes.length).toBe(1);
  const said = fix.changes.map((change) => advice(unsafe, change)).join();
  // Either end may be the one to change; a real file is named with its line.
  expect(said).toMatch(/^\S+:\d+ {2}\S|^\S+ {2}\S+ {2}/);
});
