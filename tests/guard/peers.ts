/** Real programs as peers: finds, builds, starts and ends them. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** Programs, and the Debian packages that bring them. */
const PACKAGES: Readonly<Record<string, string>> = {
  curl: "curl",
  go: "golang-go",
  h2load: "nghttp2-client",
  haproxy: "haproxy",
  ip: "iproute2",
  nft: "nftables",
  nghttp: "nghttp2-client",
  nghttpx: "nghttp2-proxy",
  nginx: "nginx",
  openssl: "openssl",
  ss: "iproute2",
  unshare: "util-linux",
};

/** Why tests with these programs pass over, or undefined. With HALFOPEN_PEERS=required, a missing program is an error. */
export function missing(...programs: readonly string[]): string | undefined {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const absent = programs.filter((name) => !path.split(":").some((folder) => existsSync(join(folder, name))));
  if (absent.length === 0) return undefined;
  const packages = [...new Set(absent.map((name) => PACKAGES[name] ?? name))].join(" ");
  const text = `needs ${absent.join(", ")}: apt-get install ${packages}`;
  if (process.env.HALFOPEN_PEERS === "required") throw new Error(text);
  console.warn(`passed over: ${text}`);
  return text;
}

/** Why a network namespace can't be had here without root, or undefined: some containers and kernels forbid it. */
export function noNamespace(): string | undefined {
  const without = missing("unshare", "ip", "nft");
  if (without !== undefined) return without;
  const { status, stderr } = spawnSync("unshare", ["-Urn", "true"], { encoding: "utf8" });
  if (status === 0) return undefined;
  console.warn(`passed over: no network namespace can be made here: ${stderr.trim()}`);
  return stderr;
}

/** A folder for this test file, removed when its tests are done. */
export const folder: string = mkdtempSync(join(tmpdir(), "halfopen-guard-"));

const running = new Set<Running>();
afterAll(async () => {
  await Promise.all([...running].map((each) => each.stop("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
}

let made: Certificate | undefined;

/** A key and a certificate of its own for localhost, made once a test file. */
export function certificate(): Certificate {
  if (made !== undefined) return made;
  const keyFile = join(folder, "key.pem");
  const certFile = join(folder, "cert.pem");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
      ...["-keyout", keyFile, "-out", certFile],
    ],
    { stdio: "ignore" },
  );
  made = { keyFile, certFile, key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  return made;
}

/** A port that nobody listens on just now, for programs that can't choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has written to standard output and standard error. */
  readonly output: () => string;
  /** Resolves with the match once the output matches; rejects if it ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpMatchArray>;
  /** Resolves with its exit code once it ended. */
  readonly ended: Promise<number | null>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...env },
  });
  let text = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const listener of listeners) listener();
    });
  }
  let over = false;
  const ended = new Promise<number | null>((done) => {
    child.once("error", (error) => {
      text += String(error);
      done(null);
    });
    child.once("close", (code) => done(code));
  }).finally(() => {
    over = true;
    running.delete(self);
    for (const listener of listeners) listener();
  });
  const says = (pattern: RegExp): Promise<RegExpMatchArray> =>
    new Promise((done, fail) => {
      const look = (): void => {
        const match = text.match(pattern);
        if (match === null && !over) return;
        listeners.delete(look);
        if (match === null) fail(new Error(`${command} ended without ${pattern}:\n${text}`));
        else done(match);
      };
      listeners.add(look);
      look();
    });
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    if (!over) child.kill(signal);
    await ended;
  };
  const self: Running = { child, output: () => text, says, ended, stop };
  running.add(self);
  return self;
}

/** Builds a Go program of tests/guard/go; the binary is kept in node_modules for the next run. */
export function goProgram(name: string): string {
  const source = join(import.meta.dirname, "go", `${name}.go`);
  const cache = join(ROOT, "node_modules/.cache/halfopen-guard");
  const digest = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const binary = join(cache, `${name}-${digest}`);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const part = `${binary}.${process.pid}`;
  const { status, stderr } = spawnSync("go", ["build", "-o", part, source], {
    encoding: "utf8",
    env: { ...process.env, GO111MODULE: "off", GOFLAGS: "" },
  });
  if (status !== 0) throw new Error(`go build ${source}:\n${stderr}`);
  execFileSync("mv", [part, binary]);
  return binary;
}

/** A Node program of tests/guard/programs, run by this Node or another one. */
export function nodeProgram(name: string, args: readonly string[], node: string = process.execPath): Running {
  return run(node, ["--no-warnings", join(import.meta.dirname, "programs", `${name}.ts`), ...args]);
}
