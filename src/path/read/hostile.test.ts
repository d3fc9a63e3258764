import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { CONFIGS, readerOf } from "../../../tests/helpers/read-config.ts";
import type { FileReading } from "../reader.ts";
import { isSettingKey } from "../setting.ts";
import { READERS } from "./index.ts";

const NAMES = readdirSync(CONFIGS, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name)
  .sort();
const TEXTS = NAMES.map((name) => readFileSync(join(CONFIGS, name), "utf8"));

/** What every reading must hold to, whatever was read. */
function sound(text: string, { hops, read, assumed, ignored, problems }: FileReading): void {
  const lines = text.split("\n").length;
  expect(new Set(hops.map(({ name }) => name)).size).toBe(hops.length);
  for (const { settings, source } of hops) {
    expect(source.line).toBeGreaterThanOrEqual(1);
    for (const setting of settings) {
      expect(isSettingKey(setting.key)).toBe(true);
      expect(setting.value).toBeGreaterThanOrEqual(0);
      // A default of the catalogue stands in no file.
      if (setting.stated === "assumed-default") expect(setting.entry).toBeDefined();
      else expect(setting.source?.line).toBeGreaterThanOrEqual(1);
    }
  }
  for (const { line } of [...read, ...assumed, ...ignored, ...problems]) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
  }
  const said = JSON.stringify([hops, read, assumed, ignored, problems]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there.
  expect(said).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/);
}

test("every format has a real example, and its own reader knows it best", () => {
  const found = NAMES.map((name, i) => readerOf(name, TEXTS[i] ?? "")?.id);
  expect([...new Set(found)].sort()).toEqual(READERS.map(({ id }) => id).sort());
});

test("a real example is known by its text, whatever its name", () => {
  for (const [i, name] of NAMES.entries()) {
    const text = TEXTS[i] ?? "";
    expect(`${name} ${readerOf("download", text)?.id}`).toBe(`${name} ${readerOf(name, text)?.id}`);
  }
});

test("no secret of the examples is said", () => {
  for (const [i, name] of NAMES.entries()) {
    const text = TEXTS[i] ?? "";
    for (const reader of READERS) {
      const said = JSON.stringify(reader.read(name, text));
      expect(said, `${reader.id} ${name}`).not.toMatch(/hunter2|c2VjcmV0|0f9c4d11d5|arn:aws/);
    }
  }
});

const WORDS = TEXTS.flatMap((text) => text.match(/[\w$@./-]+|[{}[\]:;,"'#|&*<>!%?\\=-]|\n\s*/g) ?? []);

/** Texts of the formats' own words in no order, and real files with a piece cut out, put in or doubled. */
const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.array(fc.constantFrom(...new Set(WORDS)), { maxLength: 80 }).map((words) => words.join(" ")),
  fc
    .tuple(
      fc.constantFrom(...TEXTS),
      fc.nat(),
      fc.nat(200),
      fc.oneof(fc.constantFrom(...new Set(WORDS)), fc.string({ unit: "binary" })),
    )
    .map(([text, at, cut, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut)),
);

test("any text gives a sound reading, of every reader", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), texts, (name, text) => {
      for (const reader of READERS) {
        const score = reader.recognise(name, text);
        expect(score >= 0 && score <= 1).toBe(true);
        sound(text, reader.read(name, text));
      }
    }),
    { numRuns: 400 },
  );
});

test("any includes give a sound reading", () => {
  fc.assert(
    fc.property(fc.constantFrom(...TEXTS), texts, (text, other) => {
      const nginx = READERS.find(({ id }) => id === "nginx");
      const reading = nginx?.read("nginx.conf", text, { include: () => other });
      sound(`${text}\n${other}\n${"\n".repeat(2000)}`, reading as FileReading);
    }),
    { numRuns: 100 },
  );
});

const MANY = 300_000;
test.each([
  ["open lists", "a.yaml", `apiVersion: v1\nkind: Pod\na: ${"[".repeat(MANY)}`],
  ["dashes", "a.yaml", `apiVersion: v1\nkind: Pod\n${"- ".repeat(MANY)}`],
  [
    "steps",
    "a.yaml",
    `apiVersion: v1\nkind: Pod\n${Array.from({ length: 1200 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")}`,
  ],
  ["escapes", "a.yaml", `apiVersion: v1\nkind: Pod\na: "${"\\x".repeat(MANY)}`],
  ["open blocks", "nginx.conf", "http {".repeat(MANY / 6)],
  [
    "locations",
    "nginx.conf",
    `server { ${Array.from({ length: 5000 }, (_, i) => `location /${i} { proxy_pass http://u${i}; }`).join("")} }`,
  ],
  [
    "backends",
    "haproxy.cfg",
    `frontend f\n mode http\n${Array.from({ length: 5000 }, (_, i) => ` use_backend b${i}`).join("\n")}\n${Array.from({ length: 5000 }, (_, i) => `backend b${i}\n timeout server 1s`).join("\n")}`,
  ],
  [
    "open objects",
    "t.json",
    `{"terraform_version":"1","values":{"root_module":${'{"child_modules":['.repeat(MANY / 20)}`,
  ],
  ["continued lines", "Dockerfile", `FROM a\nCMD ${"a \\\n".repeat(MANY / 4)}`],
  ["continued properties", "application.properties", `server.port=1\n${"a\\\n".repeat(MANY / 3)}`],
  ["too long", "sysctl.txt", "net.ipv4.tcp_retries2 = 15\n".repeat(200_000)],
] as const)("hostile on purpose: %s", (_, name, text) => {
  const reading = readerOf(name, text)?.read(name, text);
  expect(reading?.hops.length).toBeLessThanOrEqual(2000);
  expect(reading?.problems.length).toBeLessThanOrEqual(300);
});
