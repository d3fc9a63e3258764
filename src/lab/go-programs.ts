import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** The lab's sources in Go, beside `src/` and `dist/` alike. */
const SOURCES = join(import.meta.dirname, "..", "..", "lab", "go");
/** Where Debian's packages of Go sources are (golang-golang-x-net-dev). */
const DEBIAN = "/usr/share/gocode";

/** Where golang.org/x/net is found for a build without a network; undefined: nowhere, or there is no Go. */
export function goSources(): string | undefined {
  const places = [DEBIAN, ...(process.env.GOPATH ?? "").split(":")].filter((place) => place !== "");
  if (spawnSync("go", ["version"], { timeout: 10_000 }).status !== 0) return undefined;
  return places.find((place) => existsSync(join(place, "src/golang.org/x/net/http2/transport.go")));
}

/** Builds the lab's Go programs once for each state of their sources; gives their folder, or undefined where they can not be built. */
export function goPrograms(): string | undefined {
  const place = goSources();
  if (place === undefined || !existsSync(SOURCES)) return undefined;
  const names = readdirSync(SOURCES).filter((name) => existsSync(join(SOURCES, name, "main.go")));
  const hash = createHash("sha256");
  for (const name of names) hash.update(readFileSync(join(SOURCES, name, "main.go")));
  const folder = join(tmpdir(), `halfopen-lab-${userInfo().uid}-go-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(tmpdir(), { recursive: true });
  const building = mkdtempSync(`${folder}-`);
  for (const name of names) {
    const { status } = spawnSync("go", ["build", "-o", join(building, name), "."], {
      cwd: join(SOURCES, name),
      env: { ...process.env, GO111MODULE: "off", GOPATH: place, GOFLAGS: "" },
      timeout: 300_000,
    });
    if (status !== 0) {
      rmSync(building, { recursive: true, force: true });
      return undefined;
    }
  }
  // Another run may have built the same meanwhile.
  if (existsSync(folder)) rmSync(building, { recursive: true, force: true });
  else renameSync(building, folder);
  return folder;
}
