import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkFiles } from "../src/check-files.ts";
import { solve } from "../src/path/fix/solve.ts";
import { judge } from "../src/path/judge.ts";
import { advice, renderCheckText } from "../src/report/check/text.ts";
import { RUN_SOURCES } from "./helpers/command-line.ts";
import { linesOf } from "./helpers/judge-path.ts";

const scratch = mkdtempSync(join(tmpdir(), "halfopen-check-files-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
};

const NGINX = `http {
  keepalive_timeout 75s;
  upstream app { server 10.0.0.1:3000; keepalive 32; keepalive_timeout 60s; }
  upstream api { server 10.0.0.2:3000; keepalive 32; keepalive_timeout 4s; }
  server {
    server_name example.com;
    location /    { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app; }
    location /api { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://api; }
  }
}
`;
write("nginx.conf", NGINX);

describe("a path and the real files that it names", () => {
  test("every route through a file is a way of its own", () => {
    const file = write(
      "path.yaml",
      "path: 1\nhops:\n  - { id: u, role: client }\n  - { id: ingress, files: nginx.conf }\n  - { id: app, product: node-server, version: '20.18' }\n",
    );
    const { paths, files } = checkFiles([file]);
    expect(files.map(({ kind }) => kind)).toEqual(["path", "nginx"]);
    expect(paths[0]?.path.branches.length).toBe(2);
    expect(paths[0] && linesOf(paths[0])).toEqual([
      "error keep-alive-order ingress/server example.com -> app.poolIdleTimeout app.idleTimeout",
    ]);
  });

  test("a suppression of a hop holds for every route that its file shows, and a detector hears through each", () => {
    const text =
      "path: 1\nhops:\n  - { id: u, role: client }\n  - { id: ingress, files: nginx.conf }\n  - { id: app, product: node-server, version: '20.18' }\n";
    const only = (hops: string): number | undefined =>
      checkFiles([
        write("suppressed.yaml", `${text}suppress:\n  - { rule: keep-alive-order, hops: [${hops}], reason: known }\n`),
      ]).paths[0]?.findings.length;
    expect(only("ingress, app")).toBe(0);
    expect(only("ingres, app")).toBe(1);
    const detector =
      'detectors:\n  - { id: d, product: kube-controller-manager, version: "1.31", hearsThrough: ingress }\n';
    const [heard] = checkFiles([write("heard.yaml", text + detector)]).paths;
    expect(heard?.notJudged.filter((line) => line.endsWith("not compared with d")).length).toBe(2);
  });

  test("what follows from a word of a file is changed by its own name, and a TLS listener's idle timeout by nobody", () => {
    const fixOf = (name: string, json: string, ends: string, more = "") => {
      write(`${name}.json`, json);
      const text = `path: 1\n${more}hops:\n  - { id: c, role: client, settings: { poolIdleTimeout: 10m } }\n  - { id: n, files: ${name}.json }\n  - { id: s, role: server, settings: { idleTimeout: ${ends} } }\n`;
      const [path] = checkFiles([write(`${name}.yaml`, text)]).paths;
      if (path === undefined) throw new Error("no path");
      const fix = solve(path.path);
      return fix.kind === "changes" ? fix.changes.map((change) => advice(path, change)) : fix.kind;
    };
    const group = '{ "TargetGroups": [{ "TargetGroupName": "t", "Protocol": "TCP", "TargetType": "instance" }] }';
    expect(fixOf("instance", group, "90s", "clientsAreTargets: true\n")).toContain(
      "n  clientIpPreservation  on → off  (set target group attribute preserve_client_ip.enabled)",
    );
    write("requests.cfg", "frontend f\n mode http\n bind :80\n timeout client 1m\n timeout http-request 10s\n");
    const front = "path: 1\nhops:\n  - { id: a, product: aws-alb }\n  - { id: h, files: requests.cfg }\n";
    const [waits] = checkFiles([write("requests.yaml", front)]).paths;
    const longer = waits === undefined ? undefined : solve(waits.path);
    expect(longer?.kind === "changes" && waits && longer.changes.map((change) => advice(waits, change))).toEqual([
      "h  idleTimeout  10 s → 62 s  (set timeout http-keep-alive)",
    ]);
    const listener = '{ "Listeners": [{ "Protocol": "TLS", "Port": 443, "LoadBalancerArn": "arn:n" }] }';
    expect(fixOf("tls", listener, "never")).toEqual(["c  poolIdleTimeout  600 s → 348 s"]);
  });

  test("section chooses one, and the file is not checked once more by itself", () => {
    const file = write(
      "section.yaml",
      "path: 1\nhops:\n  - { id: u, role: client }\n  - { id: ingress, files: nginx.conf, section: api }\n  - { id: app, product: node-server, version: '20.18' }\n",
    );
    const { paths } = checkFiles([file, join(scratch, "nginx.conf")]);
    expect(paths.length).toBe(1);
    expect(paths[0]?.findings).toEqual([]);
  });

  test("advice has the file's own key, and one line that several routes share changes for all", () => {
    const file = write(
      "front.yaml",
      "path: 1\nhops:\n  - { id: alb, role: client, settings: { poolIdleTimeout: 120s } }\n  - { id: ingress, files: nginx.conf }\n  - { id: s, role: server }\n",
    );
    const [path] = checkFiles([file]).paths;
    if (path === undefined) throw new Error("no path");
    expect(path.findings.length).toBe(2);
    const fixed = { ...path.path, hops: path.path.hops.map((hop) => hop) };
    const fix = solve(fixed);
    if (fix.kind !== "changes") throw new Error(fix.kind);
    expect(judge(fix.path).filter(({ level }) => level === "error")).toEqual([]);
    expect(fix.changes.length).toBe(1);
    const said = fix.changes.map((change) => advice(path, change)).join();
    expect(said).toMatch(/nginx\.conf:2 {2}keepalive_timeout {2}75s → \d+s|poolIdleTimeout {2}120 s → \d+ s/);
  });

  test("a file that is not there is an error with its line", () => {
    const file = write("missing.yaml", "path: 1\nhops:\n  - id: a\n    files: [nowhere.conf]\n  - id: b\n");
    const [found] = checkFiles([file]).files;
    expect(found?.problems.map(({ line, code }) => [line, code])).toEqual([[4, "missing-file"]]);
  });

  test("a section that is not there says which there are", () => {
    const file = write("typo.yaml", "path: 1\nhops:\n  - { id: a, files: nginx.conf, section: appp }\n  - id: b\n");
    expect(checkFiles([file]).files[0]?.problems[0]?.says).toContain("server example.com -> app");
  });
});

test("files without a path are held against themselves, or in their order if asked", () => {
  const tomcat = write("application.properties", "server.tomcat.keep-alive-timeout=20s\n");
  expect(checkFiles([join(scratch, "nginx.conf"), tomcat]).paths.flatMap(linesOf)).toEqual([]);
  const [path] = checkFiles([join(scratch, "nginx.conf"), tomcat], { inOrder: true }).paths;
  expect(path?.findings.map(({ rule }) => rule)).toContain("keep-alive-order");
});

test("a malformed file is an error with file and line, and the rest is still checked", () => {
  const broken = write("broken.conf", "http {\n  upstream x {\n    keepalive_timeout soon;\n");
  const { files, paths } = checkFiles([broken, join(scratch, "path.yaml")]);
  const problems = files.find(({ file }) => file === broken)?.problems ?? [];
  expect(problems.length).toBeGreaterThan(0);
  for (const { file, line } of problems) {
    expect(file).toBe(broken);
    expect(line).toBeGreaterThan(0);
  }
  expect(paths.some(({ findings }) => findings.length > 0)).toBe(true);
});

test("what nobody knows is an error where it was named, and a remark where it was found in a folder", () => {
  const folder = mkdtempSync(join(scratch, "unknown-"));
  const file = join(folder, "notes.txt");
  writeFileSync(file, "milk, bread\n");
  const levels = (paths: readonly string[]): string[] =>
    checkFiles(paths).files.flatMap((f) => f.problems.map((p) => p.level));
  expect(levels([file])).toEqual(["error"]);
  expect(levels([folder])).toEqual(["warning"]);
});

test("no file is ever changed, and no secret is shown", () => {
  const folder = join(scratch, "copy");
  cpSync(join(import.meta.dirname, "fixtures", "config"), folder, { recursive: true });
  writeFileSync(
    join(folder, "secret.properties"),
    "server.tomcat.keep-alive-timeout=5s\nspring.datasource.password=hunter2\n",
  );
  const seen = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => `${file} ${statSync(file).mtimeMs} ${readFileSync(file).toString("hex").length}`);
  const before = seen();
  const result = checkFiles([folder]);
  for (const { path } of result.paths) solve(path);
  expect(seen()).toEqual(before);
  const shown = JSON.stringify(result, (_, value) => (value instanceof Map ? [...value] : value));
  expect(shown).toContain("server.tomcat.keep-alive-timeout");
  expect(shown).not.toContain("hunter2");
});

describe("several files of one hop", () => {
  const path = (...files: string[]): string =>
    write(
      "spring.yaml",
      `path: 1\nhops:\n  - { id: alb, product: aws-alb, role: proxy }\n  - { id: s, product: tomcat, files: [${files}] }\n`,
    );
  write("first.properties", "server.tomcat.keep-alive-timeout=75s\n");
  write("second.properties", "server.tomcat.keep-alive-timeout=20s\n");
  write("derives.properties", "server.tomcat.connection-timeout=20s\n");

  test.each([
    [["first.properties", "second.properties"], 20_000, 1],
    [["second.properties", "first.properties"], 75_000, 0],
    [["first.properties", "derives.properties"], 75_000, 0],
    [["derives.properties", "first.properties"], 75_000, 0],
  ])("%s are one hop: what is written stands over what follows, the later over the earlier", (files, idle, found) => {
    const [checked] = checkFiles([path(...files)]).paths;
    expect(checked?.path.hops.map(({ id }) => id)).toEqual(["alb", "s"]);
    expect(checked?.path.hops[1]?.settings.get("idleTimeoutMs")?.value).toBe(idle);
    expect(checked?.findings.length).toBe(found);
  });

  test("ids stay unique where a route has the name of another hop", () => {
    const route = "ingress/server example.com -> app";
    const file = write(
      "same.yaml",
      `path: 1\nhops:\n  - { id: u, role: client }\n  - { id: ingress, files: nginx.conf }\n  - { id: "${route}", role: server }\n`,
    );
    const ids = checkFiles([file]).paths[0]?.path.hops.map(({ id }) => id) ?? [];
    expect(ids).toContain(`${route} (2)`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("what a file includes", () => {
  const folder = mkdtempSync(join(scratch, "include-"));
  mkdirSync(join(folder, "nginx", "conf.d"), { recursive: true });
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const server = (port: number): string => `server { listen ${port}; keepalive_timeout 10s; }\n`;
  const problems = (paths: readonly string[]): string[] =>
    checkFiles(paths).files.flatMap((file) => file.problems.map(({ code, level, line }) => `${line} ${level} ${code}`));
  put("outside.conf", server(99));

  test("a pattern gives every file that it means, sorted, and no hidden one", () => {
    for (const [name, port] of [
      ["b", 2],
      ["a", 1],
      [".hidden", 3],
      ["c1", 4],
    ] as const)
      put(`nginx/conf.d/${name}.conf`, server(port));
    const file = put("nginx/nginx.conf", "http {\n  include conf.d/*.conf;\n  include [c]onf.?/c[0-9].conf;\n}\n");
    const { files } = checkFiles([file]);
    expect(files[0]?.problems).toEqual([]);
    expect(files[0]?.reading?.hops.map(({ name }) => name)).toEqual([
      "server listen 1",
      "server listen 2",
      "server listen 4",
      "server listen 4 (2)",
    ]);
  });

  test("a pattern that nobody can answer is a warning", () => {
    const file = put(
      "nginx/glob.conf",
      "http {\n  include sites/*.conf;\n  include ../*.conf;\n  include /etc/*;\n}\n",
    );
    expect(problems([file])).toEqual([2, 3, 4].map((line) => `${line} warning missing-include`));
  });

  test("no file outside the folder is read, by whatever way, unless somebody names it", () => {
    const outside = join(folder, "outside.conf");
    symlinkSync(outside, join(folder, "nginx", "link.conf"));
    const includes = `http {\n  include ${outside};\n  include ../outside.conf;\n  include link.conf;\n}\n`;
    const file = put("nginx/leaves.conf", includes);
    expect(problems([file])).toEqual([2, 3, 4].map((line) => `${line} warning missing-include`));
    expect(problems([file, outside])).toEqual([]);
    const path = put("nginx/path.yaml", "path: 1\nhops:\n  - id: a\n    files: [../outside.conf]\n  - id: b\n");
    expect(problems([path])).toEqual(["4 error missing-file"]);
    expect(problems([path, outside])).toEqual([]);
  });
});

test("after a forgotten semicolon or quote nothing of what follows is shown", () => {
  const header = 'proxy_set_header Authorization "Bearer hunter2SECRET"';
  const files = [
    write("semicolon.conf", `http {\n  server { listen 80; keepalive_timeout 10s\n    ${header};\n  }\n}\n`),
    write("quote.conf", 'http {\n  server { listen 80; keepalive_timeout "75s\n hunter2SECRET;\n"; }\n}\n'),
    write("second.conf", "http {\n  server { listen 80; keepalive_timeout 10s hunter2SECRET; }\n}\n"),
  ];
  const result = checkFiles(files);
  expect(result.files.map((file) => file.problems.map(({ code, line }) => `${line} ${code}`))).toEqual([
    ["2 malformed"],
    ["2 bad-value"],
    ["2 bad-value"],
  ]);
  expect(JSON.stringify(result, (_, value) => (value instanceof Map ? [...value] : value))).not.toContain("hunter2");
});

describe("what stands in a folder", () => {
  const folder = join(scratch, "deployment");
  const put = (name: string, text: string): void => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  put("Procfile", "web: gunicorn app:app --keep-alive 5\n");
  put("start.sh", "#!/bin/sh\nexec uvicorn app:app --timeout-keep-alive 7\n");
  put("app.service", "[Service]\nExecStart=/usr/bin/gunicorn --keep-alive 9 app:app\n");
  put("gunicorn_conf.py", "bind = '0.0.0.0'\nkeepalive = 11\n");
  put("web.dockerfile", 'FROM python\nCMD ["uvicorn", "app:app", "--timeout-keep-alive", "13"]\n');
  put("Containerfile", 'FROM python\nCMD ["uvicorn", "app:app", "--timeout-keep-alive", "15"]\n');
  put("build.sh", "#!/bin/sh\nmake all\n");
  put("model.py", "import os\nkeepalive = compute()\n");
  put("broken.yaml", "a: [1, 2\nb: : :\n");
  put(
    "etc/nginx.conf",
    "http {\n  include /etc/nginx/conf.d/*.conf;\n  include /etc/nginx/mime.types;\n  include /srv/other/*.conf;\n}\n",
  );
  put("etc/conf.d/site.conf", "server { listen 80; keepalive_timeout 21s; location / { proxy_pass http://be; } }\n");

  const { files, paths } = checkFiles([folder]);
  const idle = paths.flatMap(({ path }) =>
    path.hops.map((hop) => hop.settings.get("idleTimeoutMs")).filter((setting) => setting?.stated === "configured"),
  );

  test("command lines in scripts, units, Procfiles and Dockerfiles count; scripts without any are passed over", () => {
    expect(idle.map((setting) => setting?.value).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(
      [5, 7, 9, 11, 13, 15, 21].map((s) => s * 1000),
    );
    const names = files.map(({ file }) => file.slice(folder.length + 1));
    expect(names).not.toContain("build.sh");
    expect(names).not.toContain("model.py");
  });

  test("nginx' usual absolute includes are looked for beside it, others are named as missing", () => {
    const nginx = files.find(({ file }) => file.endsWith("nginx.conf"));
    expect(nginx?.reading?.assumed.map(({ line, says }) => `${line} ${says}`)).toEqual([
      '2 include "/etc/nginx/conf.d/*.conf": taken from among the files that were given',
    ]);
    expect(nginx?.problems.map(({ line, code }) => `${line} ${code}`)).toEqual(["4 missing-include"]);
  });

  test("an included file bears its own name, and is not checked once more by itself", () => {
    const shown = renderCheckText(
      { result: { files, paths }, version: "" },
      { width: 100, colour: false, verbose: true },
    );
    expect(shown).toContain(`read     ${join(folder, "etc/conf.d/site.conf")}:1  keepalive_timeout 21s`);
    const setting = idle.find((found) => found?.value === 21_000);
    expect(setting?.source?.file).toBe(join(folder, "etc/conf.d/site.conf"));
    expect(
      paths.filter(({ path }) => path.hops.some(({ settings }) => settings.get("idleTimeoutMs")?.value === 21_000))
        .length,
    ).toBe(1);
  });

  test("a mistake in YAML that nobody recognises is told with its line", () => {
    const broken = files.find(({ file }) => file.endsWith("broken.yaml"));
    expect(broken?.problems.map(({ line, code, level }) => `${line} ${code} ${level}`)).toEqual([
      "2 malformed warning",
    ]);
    const named = checkFiles([join(folder, "broken.yaml")]);
    expect(named.files[0]?.problems).toMatchObject([{ line: 2, code: "malformed", level: "error" }]);
  });

  test("a file that is named in two ways is one file", () => {
    const twice = checkFiles([join(folder, "Procfile"), `${folder}/./Procfile`, folder]);
    expect(twice.files.length).toBe(files.length);
  });
});

describe("names that lead to no plain file", () => {
  const folder = mkdtempSync(join(scratch, "names-"));
  const PATH =
    "path: 1\nname: x\nhops:\n  - { id: a, product: aws-alb }\n  - { id: b, product: node-server, version: '20' }\n";
  const put = (name: string, content: string | Buffer = PATH): string => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const problems = (path: string): string[] =>
    checkFiles([path]).files.flatMap((file) => file.problems.map(({ code, level }) => `${level} ${code} ${file.file}`));

  test("links that lead round and round end, and one that leads out is named", () => {
    put("loops/p.yaml");
    put("loops/a/q.yaml");
    put("loops/b/r.yaml");
    put("outside/s.yaml");
    for (const [name, target] of [
      ["a/up", ".."],
      ["a/other", "../b"],
      ["b/up", ".."],
      ["self", "../loops"],
      ["out", "../outside"],
      ["passwd.txt", "/etc/passwd"],
      ["gone.yaml", "nowhere"],
    ] as const)
      symlinkSync(target, join(folder, "loops", name));
    const { paths } = checkFiles([join(folder, "loops")]);
    expect(paths.map(({ path }) => path.file?.slice(folder.length))).toEqual([
      "/loops/a/q.yaml",
      "/loops/b/r.yaml",
      "/loops/p.yaml",
    ]);
    expect(problems(join(folder, "loops")).sort()).toEqual(
      ["out", "passwd.txt"].map((name) => `warning link-outside ${join(folder, "loops", name)}`),
    );
  });

  test("what others have installed is not walked", () => {
    put("app/p.yaml");
    put("app/node_modules/x/p.yaml");
    put("app/.git/p.yaml");
    expect(checkFiles([join(folder, "app")]).paths.length).toBe(1);
  });

  test.skipIf(process.getuid?.() === 0)(
    "a folder or file that may not be read is named, and the rest is checked",
    () => {
      put("rights/p.yaml");
      put("rights/sub/q.yaml");
      chmodSync(put("rights/r.yaml"), 0);
      chmodSync(join(folder, "rights/sub"), 0);
      const { paths } = checkFiles([join(folder, "rights")]);
      expect(paths.length).toBe(1);
      expect(problems(join(folder, "rights")).sort()).toEqual(
        ["r.yaml", "sub"].map((name) => `error unreadable ${join(folder, "rights", name)}`),
      );
      chmodSync(join(folder, "rights/sub"), 0o700);
    },
  );

  test("a device without end is read as far as configuration goes", () => {
    expect(problems("/dev/zero")).toEqual(["error unknown-format /dev/zero"]);
  });

  test("a pipe that somebody writes into is read, one that nobody does is a fault", () => {
    const pipe = join(folder, "pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    expect(() => checkFiles([pipe])).toThrow(/nobody writes into/);
    const writer = openSync(pipe, "r+");
    writeSync(writer, PATH);
    // What was written stays in the pipe while somebody has it open; the shell's writer ends by itself.
    closeSync(writer);
    const script = `"${process.execPath}" --no-warnings --input-type=module -e "$PROGRAM" -- check --format json <(cat "$FED")`;
    const env = { ...process.env, PROGRAM: RUN_SOURCES, FED: put("fed.yaml") };
    const shell = spawnSync("bash", ["-c", script], { encoding: "utf8", env });
    expect(shell.stderr).toBe("");
    expect(JSON.parse(shell.stdout).paths[0].findings[0].rule).toBe("keep-alive-order");
  });

  test.each([
    ["UTF-8 with its mark", Buffer.from(`\ufeff${PATH}`)],
    ["UTF-16, little end first", Buffer.from(`\ufeff${PATH}`, "utf16le")],
    ["UTF-16, big end first", Buffer.from(`\ufeff${PATH}`, "utf16le").swap16()],
  ])("%s", (_, bytes) => {
    const { paths, files } = checkFiles([put("encoded.yaml", bytes)]);
    expect(files[0]?.problems).toEqual([]);
    expect(paths[0] && linesOf(paths[0])).toEqual(["error keep-alive-order a.poolIdleTimeout b.idleTimeout"]);
  });

  test("a file that is too long is told so, however many bytes its characters have", () => {
    const long = put("long.yaml", `${PATH}# ${"€".repeat(1_500_000)}\n`);
    expect(checkFiles([long]).files[0]?.problems.map(({ code }) => code)).toEqual(["too-large"]);
  });

  test("a path of thousands of hops is read as far as anybody can follow", () => {
    const hops = Array.from({ length: 20_000 }, (_, i) => `  - { id: h${i}, product: nginx }\n`).join("");
    const { files, paths } = checkFiles([put("many.yaml", `path: 1\nhops:\n${hops}`)]);
    expect(files[0]?.problems.map(({ code, line }) => `${line} ${code}`)).toEqual(["203 too-many"]);
    expect(paths[0]?.path.hops.length).toBe(200);
  });
});
