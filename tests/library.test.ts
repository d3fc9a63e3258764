import { join } from "node:path";
import { expect, test } from "vitest";
import { explainEvidence } from "../src/explain-evidence.ts";
import { explain, Fault, type Progress, signatures } from "../src/index.ts";
import { renderJson } from "../src/report/json.ts";

const EXAMPLE = join(import.meta.dirname, "..", "examples", "hairpin-loopback");

test("explain gives the data that the command prints as JSON", async () => {
  const document = await explain(EXAMPLE);
  expect(document).toEqual(JSON.parse(renderJson(await explainEvidence([EXAMPLE]))));
  expect(new Set(document.incidents.map((incident) => incident.cause))).toEqual(new Set(["hairpin-loopback"]));
  expect(signatures.map((signature) => signature.id)).toContain("hairpin-loopback");
});

test("explain tells how far it has come", async () => {
  const told: Progress[] = [];
  await explain([join(EXAMPLE, "client.pcap")], { onProgress: (progress) => told.push(progress) });
  expect(told.map(({ phase }) => phase)).toEqual(["survey", "zoom"]);
  expect(told.every(({ bytesRead, totalBytes }) => bytesRead === totalBytes)).toBe(true);
});

test("a mistake rejects with a code and a remedy", async () => {
  const failure = await explain("nowhere.pcap").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Fault);
  expect(failure).toMatchObject({ code: "no-such-file", remedy: expect.stringMatching(/name/) });
});
