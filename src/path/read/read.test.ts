import { expect, test } from "vitest";
import { linesOf } from "../../../tests/helpers/judge-path.ts";
import { hopLines, readFixture, readText, remarkLines } from "../../../tests/helpers/read-config.ts";
import { type CheckedPath, check } from "../check.ts";
import { READERS } from "./index.ts";

test("sysctl -a", () => {
  const reading = readFixture("sysctl.txt");
  expect(hopLines(reading)).toEqual([
    "host | host 4 linux | localPortFirst=32768@2 localPortLast=60999@2 hostFinTimeoutMs=60000@3 hostTcpKeepaliveIntervalMs=75000@4 hostTcpKeepaliveProbes=9@5 hostTcpKeepaliveMs=7200000@6 hostRetries2=15@7 hostTwReuse=2@8 conntrackMax=262144@10 conntrackEstablishedMs=86400000@11",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("Kestrel's limits, with a comment and a last comma", () => {
  const reading = readFixture("appsettings.json");
  expect(hopLines(reading)).toEqual([
    "Kestrel | server 7 kestrel | idleTimeoutMs=130000@5 headersTimeoutMs=30000@6 maxStreams=100@7 serverPingIntervalMs=30000@7 drainMs=45000@10",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed appsettings.json:4 Kestrel:Limits is taken for bound to KestrelServerOptions by the program; without that it has no effect",
  ]);
});

test("Helm values", () => {
  const reading = readFixture("values.yaml");
  expect(hopLines(reading)).toEqual([
    "ingress-nginx.controller.config | proxy 7 ingress-nginx | idleTimeoutMs=620000@4 poolIdleTimeoutMs=55000@5 drainMs=60000@6",
    "ingress-nginx.controller.service.annotations | box 4 aws-nlb | crossZone=1@10",
    "app.ingress.annotations | proxy 7 aws-alb | idleTimeoutMs=180000@14 poolIdleTimeoutMs=180000@14 streamIdleTimeoutMs=180000@14 responseTimeoutMs=180000@14",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("a Dockerfile's last stage", () => {
  const reading = readFixture("Dockerfile");
  expect(hopLines(reading)).toEqual(["image | server 7 uvicorn http1 | idleTimeoutMs=65000@11"]);
  expect(remarkLines(reading)).toEqual([]);
});

test("gunicorn.conf.py", () => {
  const reading = readFixture("gunicorn.conf.py");
  expect(hopLines(reading)).toEqual([
    "gunicorn | server 7 gunicorn http1 | maxRequests=Infinity*@6 idleTimeoutMs=75000@7",
  ]);
  expect(remarkLines(reading)).toEqual([
    "ignored gunicorn.conf.py:8 graceful_timeout is computed by Python, which is not run",
  ]);
});

test("a Compose file", () => {
  const reading = readFixture("compose.yaml");
  expect(hopLines(reading)).toEqual([
    "service api | server 7 gunicorn http1 | idleTimeoutMs=61000@4 drainMs=45000@7 maxRequests=Infinity@4 terminationGraceMs=90000@5",
    "service api sysctls | host 4 linux | hostTcpKeepaliveMs=60000@10",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("a start script", () => {
  const reading = readFixture("start.sh");
  expect(hopLines(reading)).toEqual(["line 4 | server 7 gunicorn http1 | idleTimeoutMs=65000@6 maxRequests=1*@4"]);
  expect(remarkLines(reading)).toEqual([
    "assumed start.sh:4 no worker class is given: gunicorn's default, sync, keeps no connections whatever keep-alive says",
  ]);
});

test.each([
  [
    "Procfile",
    "web: gunicorn app:app -k uvicorn.workers.UvicornWorker --keep-alive 30",
    "line 1 | server 7 gunicorn http1 | idleTimeoutMs=30000@1 maxRequests=Infinity@1",
  ],
  [
    "api.service",
    "[Service]\nEnvironment=UVICORN_TIMEOUT_KEEP_ALIVE=20\nExecStart=/opt/venv/bin/uvicorn app:app",
    "line 3 | server 7 uvicorn http1 | idleTimeoutMs=20000@2",
  ],
  ["run.sh", "python3 -m hypercorn --keep-alive=7 app", "line 1 | server 7 hypercorn | idleTimeoutMs=7000@1"],
  [
    "kubelet.service",
    "[Service]\nExecStart=/usr/bin/kubelet --node-status-update-frequency=4s",
    "line 2 | detector 7 kubelet | nodeStatusUpdateMs=4000@2",
  ],
  [
    "Dockerfile",
    'FROM python\nCMD ["sh", "-c", "exec gunicorn --keep-alive 5 --threads 4 a:b"]',
    "image | server 7 gunicorn http1 | idleTimeoutMs=5000@2 maxRequests=Infinity@2",
  ],
])("a command line in %s", (name, text, expected) => {
  expect(hopLines(readText(name, text))).toContain(expected);
});

test("gunicorn's default worker keeps no connections, and that is said", () => {
  const reading = readText("Procfile", "web: gunicorn app:app --keep-alive 75");
  expect(hopLines(reading)).toEqual(["line 1 | server 7 gunicorn http1 | idleTimeoutMs=75000@1 maxRequests=1*@1"]);
  expect(remarkLines(reading)).toEqual([
    "assumed Procfile:1 no worker class is given: gunicorn's default, sync, keeps no connections whatever keep-alive says",
  ]);
});

test("gunicorn.conf.py without a worker class is taken for sync, unless the command line names another", () => {
  const conf = { file: "gunicorn.conf.py", text: "bind = ':8000'\nworkers = 4\nkeepalive = 2\n" };
  const path = (files: string): string =>
    `path: 1\nhops:\n  - { id: a, product: aws-alb }\n  - { id: s, files: [${files}] }\n`;
  const judged = (files: string, command: string) => {
    const docker = { file: "Dockerfile", text: `FROM python\nCMD ${command}\n` };
    const all = [{ file: "path.yaml", text: path(files) }, conf, docker];
    const { paths } = check(all, { readers: READERS, load: (name) => all.find(({ file }) => file === name) });
    return paths.find(({ text }) => text !== undefined);
  };
  const lines = (files: string, command: string) => linesOf(judged(files, command) as CheckedPath);
  const order = "error keep-alive-order a.poolIdleTimeout s.idleTimeout";
  expect(lines("gunicorn.conf.py", "gunicorn a:b")).toEqual([]);
  expect(lines("Dockerfile, gunicorn.conf.py", "gunicorn -k gthread -c gunicorn.conf.py a:b")).toEqual([order]);
  expect(lines("Dockerfile, gunicorn.conf.py", "gunicorn -k gthread --keep-alive 75 a:b")).toEqual([]);
  // A configuration file that nobody gave may say anything.
  expect(lines("Dockerfile", "gunicorn -k gthread -c gunicorn.conf.py a:b")).toEqual([]);
  expect(judged("Dockerfile", "gunicorn -k gthread -c gunicorn.conf.py a:b")?.notJudged).toEqual([
    "it is not known how long s keeps idle connections of a",
  ]);
});
