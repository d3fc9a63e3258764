/**
 * Is what would be published what a user needs? Packs the project, installs the tarball in an empty project, and uses
 * it there as a command, as a library and from TypeScript: `npm run test:package`. Says each thing it found right.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { writeTraffic } from "./bench/traffic.ts";

const LARGEST_PACKED = 1_400_000;
const root = resolve(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const folder = mkdtempSync(join(tmpdir(), "halfopen-package-"));
const project = join(folder, "project");
const capture = join(folder, "healthy.pcap");

try {
  writeHealthyCapture();
  const tarball = pack();
  install(tarball);
  command();
  library();
  guard();
  guardTypes();
  fleet();
  publishable(tarball);
  types();
  oldNode();
  console.log("package: all right");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Packs the project and looks at the list of files. */
function pack(): string {
  const output = npm(root, "pack", "--json", "--pack-destination", folder);
  const list = JSON.parse(output.slice(output.search(/^\[/m)));
  const packed = list[0] as { filename: string; size: number; files: readonly { path: string }[] };
  const paths = packed.files.map((file) => file.path);
  const allowed = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^bin\/halfopen\.cjs$/,
    /^dist\/([\w/-]+\.(js|d\.ts)|\.built)$/,
    /^schema\/[\w.-]+\.json$/,
    /^scenarios\/[\w-]+\.yaml$/,
    /^lab\/go\/\w+\/main\.go$/,
    /^src\/path\/rule\/[\w-]+\/README\.md$/,
    /^src\/signature\/[\w-]+\/README\.md$/,
  ];
  const needless = paths.filter((path) => !allowed.some((pattern) => pattern.test(path)));
  assert.deepEqual(needless, [], "files that nobody needs");
  const wanted = [
    "lab/go/delay/main.go",
    "lab/go/h2clients/main.go",
    "README.md",
    "LICENSE",
    "bin/halfopen.cjs",
    "dist/index.js",
    "dist/index.d.ts",
    "dist/cli/main.js",
    "dist/guard/index.js",
    "dist/fleet/index.js",
    "dist/fleet/index.d.ts",
    "dist/simulation-worker.js",
    "scenarios/goaway-behind-network-balancer.yaml",
  ];
  const pages = signatureIds().map((id) => `src/signature/${id}/README.md`);
  const missing = [...wanted, ...pages].filter((path) => !paths.includes(path));
  assert.deepEqual(missing, [], "files that are missing");
  assert.ok(packed.size < LARGEST_PACKED, `the tarball has ${packed.size} bytes`);
  say(`packed: ${paths.length} files, ${packed.size} bytes, ${pages.length} signature pages`);
  return join(folder, packed.filename);
}

function install(tarball: string): void {
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "name": "user", "private": true, "type": "module" }\n');
  npm(project, "install", "--no-audit", "--no-fund", "--prefer-offline", tarball);
  say("installed in an empty project");
}

function command(): void {
  assert.match(halfopen(0, "--version"), new RegExp(`(^|\\s)${version.replaceAll(".", "\\.")}\\s*$`));
  const explanation = JSON.parse(halfopen(0, "explain", capture, "--format", "json"));
  assert.equal(explanation.schema, 1);
  assert.deepEqual(explanation.incidents, []);
  const signatures = halfopen(0, "signatures");
  for (const id of signatureIds()) assert.ok(signatures.includes(id), `signatures does not list ${id}`);
  halfopen(2, "explain", join(folder, "no-such-file.pcap"));
  const unsafe = join(folder, "path.yaml");
  writeFileSync(unsafe, "path: 1\nhops:\n  - { id: alb, product: aws-alb }\n  - { id: app, product: uvicorn }\n");
  assert.match(halfopen(1, "check", unsafe, "--fix"), /keep-alive-order/);
  assert.match(halfopen(0, "check", "--explain", "keep-alive-order"), /^# keep-alive-order/);
  assert.match(halfopen(0, "catalogue", "uvicorn"), /uvicorn\.keep-alive/);
  say("the command answers: --version, explain, signatures, check, catalogue, and exit code 2 for a missing file");
}

function library(): void {
  const script = `
    import { explain } from "halfopen";
    const explanation = await explain([${JSON.stringify(capture)}]);
    console.log(explanation.schema, explanation.incidents.length);
  `;
  writeFileSync(join(project, "use.js"), script);
  const output = execFileSync(process.execPath, ["use.js"], { cwd: project, encoding: "utf8" });
  assert.equal(output.trim(), "1 0");
  say("the library can be imported");
}

/** The subpath stands alone: it loads no other file of the package, and works. */
function guard(): void {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { connect, drain, goaway } = await import("halfopen/guard");
    const { createServer } = await import("node:http2");
    const server = createServer((request, response) => response.end("served"));
    const { start } = drain(goaway({ chance: 0.02 }).attach(server));
    server.listen(0, "127.0.0.1", async () => {
      const client = connect("http://127.0.0.1:" + server.address().port);
      const text = await (await client.request()).text();
      const [report] = await Promise.all([start(), client.close()]);
      const others = loaded.filter((url) => url.startsWith("file:") && !url.includes("/halfopen/dist/guard/"));
      console.log(text, report.cut, others.length);
    });
  `;
  writeFileSync(join(project, "guard.js"), script);
  const output = execFileSync(process.execPath, ["guard.js"], { cwd: project, encoding: "utf8" });
  assert.equal(output.trim(), "served 0 0");
  say("halfopen/guard can be imported, alone");
}

/** A fleet can be simulated with the command, which starts threads, and with the library, whose types resolve with nobody else's about. */
function fleet(): void {
  const story = ["goaway-behind-network-balancer", "--seeds", "2", "--duration", "61s"];
  const { arms } = JSON.parse(halfopen(0, "simulate", ...story, "--format", "json"));
  assert.equal(arms[0].runs.length, 2);
  assert.match(halfopen(0, "simulate", ...story, "--format", "html"), /Content-Security-Policy.*sha256-/);
  const script = `
    import { defineScenario, simulate, simulateThinned, theory, type Simulation } from "halfopen/fleet";
    const scenario = defineScenario({
      scenario: 1, name: "mine", title: "Mine", about: "A story.", durationMs: 60_000,
      network: { servers: { count: 3 }, clients: { app: { kind: "plain", count: 20, requests: { everyMs: 1000 } } } },
    });
    const full: Simulation = simulate(scenario, { seed: 1 });
    const thinned: Simulation = simulateThinned(scenario, { seed: 1 });
    console.log(full.connections.length, thinned.detail, theory.goawaysPerSecond({ chance: 0.5, requestsPerSecond: 4 }));
    // @ts-expect-error: would pass if the types did not resolve
    export const wrong: string = full.seed;
  `;
  writeFileSync(join(project, "fleet.ts"), script);
  compile("fleet.ts", { types: [], lib: ["es2024", "dom"] });
  writeFileSync(join(project, "fleet.js"), stripTypeScriptTypes(script));
  const output = execFileSync(process.execPath, ["fleet.js"], { cwd: project, encoding: "utf8" });
  assert.equal(output.trim(), "3 thinned 2");
  say("halfopen/fleet can be imported, and simulates; so does the command, in threads");
}

/** With Node's types, which every user of a library for Node's servers has. */
function guardTypes(): void {
  const script = `
    import { createServer } from "node:http2";
    import { type Drain, drain, RequestError } from "halfopen/guard";
    export const drained: Drain = drain(createServer(), { graceMs: 1000 });
    // @ts-expect-error: would pass if the types did not resolve
    export const wrong: number = RequestError;
  `;
  writeFileSync(join(project, "guard.ts"), script);
  compile("guard.ts", { types: ["node"], typeRoots: [join(root, "node_modules/@types")] });
  say("the types of halfopen/guard resolve");
}

/** publint and are-the-types-wrong find nothing, for either door. The package is ESM only, on purpose. */
function publishable(tarball: string): void {
  run("publint", "run", "--strict", root);
  run("attw", tarball, "--profile", "esm-only", "--exclude-entrypoints", "./schema/*.json");
  say("publint and are-the-types-wrong find nothing");
}

function run(tool: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin", tool), args, {
    encoding: "utf8",
    cwd: folder,
  });
  assert.equal(status, 0, `${tool} ${args.join(" ")}:\n${stdout}${stderr}`);
}

/** Compiles a use of the library in strict mode, with nobody else's types about. */
function types(): void {
  const script = `
    import { type ExplanationDocument, explain } from "halfopen";
    const explanation: ExplanationDocument = await explain(["a.pcap"]);
    export const causes: readonly string[] = explanation.incidents.map((incident) => incident.cause);
    // @ts-expect-error: would pass if the types did not resolve
    export const wrong: number = explanation.incidents;
  `;
  writeFileSync(join(project, "use.ts"), script);
  compile("use.ts", { types: [] });
  say("the types resolve");
}

function compile(file: string, options: object): void {
  const strict = { strict: true, module: "nodenext", target: "es2024", lib: ["es2024"], noEmit: true };
  const config = { compilerOptions: { ...strict, ...options }, files: [file] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
  assert.equal(status, 0, `the types do not resolve:\n${stdout}`);
}

/** The command says in one line that Node is too old: a real old one where the machine has it, else a pretended one. */
function oldNode(): void {
  const bin = join(project, "node_modules/halfopen/bin/halfopen.cjs");
  const old = oldNodeOnPath();
  const pretend = join(folder, "pretend.cjs");
  writeFileSync(
    pretend,
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.17.1" } });\n',
  );
  const args = old === undefined ? ["--require", pretend, bin] : [bin];
  const options = { encoding: "utf8", env: { PATH: process.env.PATH } } as const;
  const { status, stdout, stderr } = spawnSync(old ?? process.execPath, [...args, "--version"], options);
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^halfopen needs Node 22\.18 or newer; this is v\d+\.\d+\.\d+\n$/);
  say(`an old Node is told so (${old ?? "pretended"}): ${stderr.trim()}`);
}

function oldNodeOnPath(): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((part) => part !== "" && !part.includes("node_modules"))
    .map((part) => join(part, "node"))
    .find((node) => {
      const { status, stdout } = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" });
      if (status !== 0) return false;
      const [major = 99, minor = 0] = stdout.trim().split(".").map(Number);
      return major < 22 || (major === 22 && minor < 18);
    });
}

/** Runs the installed command as a shell would, through its link and its first line. */
function halfopen(expected: number, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(join(project, "node_modules/.bin/halfopen"), args, {
    encoding: "utf8",
    cwd: project,
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
  });
  assert.equal(status, expected, `halfopen ${args.join(" ")}:\n${stdout}${stderr}`);
  return stdout;
}

function signatureIds(): readonly string[] {
  const all = readdirSync(join(root, "src/signature"), { withFileTypes: true });
  return all.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function writeHealthyCapture(): void {
  writeTraffic(capture, {
    flows: 5,
    bytesPerFlow: 3000,
    request: [40, 300],
    response: [40, 400],
    fullSegment: 0.1,
    segments: 3,
    thinkMs: 5000,
    ipVersion: 4,
    vlan: false,
    seed: 1,
  });
}

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function say(what: string): void {
  console.log(`ok: ${what}`);
}
