import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { withTables } from "../scripts/catalogue/path-page.ts";
import { pathSchema } from "../scripts/catalogue/path-schema.ts";
import { readProducts } from "../scripts/catalogue/read-products.ts";
import { renderModule } from "../scripts/catalogue/render-module.ts";
import { renderPage } from "../scripts/catalogue/render-page.ts";
import { PRODUCTS } from "../src/catalogue/entries.ts";
import { isVerified } from "../src/catalogue/entry.ts";
import { entriesFor, searchCatalogue } from "../src/catalogue/look-up.ts";
import { inVersionRange } from "../src/catalogue/version-range.ts";
import { isSettingKey, meaningOf, type SettingKey } from "../src/path/setting.ts";

const ROOT = join(import.meta.dirname, "..");
const products = readProducts(join(ROOT, "catalogue"));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const validate = new Ajv2020({ allErrors: true, strict: true, strictTypes: false }).compile(
  JSON.parse(read("schema/catalogue-1.schema.json")),
);

test("what is made from the catalogue is up to date: run `node scripts/catalogue.ts`", () => {
  expect(read("src/catalogue/entries.ts")).toBe(renderModule(products));
  expect(read("docs/catalogue.md")).toBe(renderPage(products));
  expect(read("schema/path-1.schema.json")).toBe(pathSchema());
  expect(read("docs/path-yaml.md")).toBe(withTables(read("docs/path-yaml.md")));
  expect(PRODUCTS).toEqual(products);
});

test("a library that a product is made with is a client of the catalogue", () => {
  const lent = products.filter(({ client }) => client !== undefined);
  expect(lent.length).toBeGreaterThan(0);
  for (const { client } of lent) expect(products.find(({ product }) => product === client)?.role).toBe("client");
});

test("files are named for their products", () => {
  const files = readdirSync(join(ROOT, "catalogue")).sort();
  expect(files).toEqual(products.map(({ product }) => `${product}.yaml`));
});

describe.each(products)("$product", (product) => {
  const { entries } = product;

  test("is complete, as the schema says", () => {
    validate(product);
    expect(validate.errors ?? []).toEqual([]);
  });

  test("has its entries sorted, under its own name", () => {
    const ids = entries.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids.filter((id) => !id.startsWith(`${product.product}.`))).toEqual([]);
  });

  test("has defaults within ranges, and ranges only where it can be set", () => {
    for (const { id, default: figure, range, set, unit } of entries) {
      if (range !== undefined) expect(set, id).toBeDefined();
      if (typeof figure !== "number") continue;
      // A switch between the default and one other figure has that figure alone as its range.
      if (range?.least !== undefined && range.least === range.most) continue;
      expect(figure, id).toBeGreaterThanOrEqual(range?.least ?? 0);
      expect(figure, id).toBeLessThanOrEqual(range?.most ?? Number.POSITIVE_INFINITY);
      if (unit === "flag") expect([0, 1], id).toContain(figure);
    }
  });

  test("governs settings that paths have, in their unit, each by one entry of a version", () => {
    for (const { id, governs, unit } of entries) {
      for (const key of governs) {
        expect(isSettingKey(key), `${id} ${key}`).toBe(true);
        const wanted = meaningOf(key as SettingKey).unit;
        expect(wanted === "ms" ? ["s", "ms"] : [wanted], id).toContain(unit);
      }
    }
    const bounds = entries.flatMap(({ versions }) => versions.match(/\d+(\.\d+)*/g) ?? []);
    for (const version of [undefined, "0.0.1", ...bounds, "999"]) {
      const keys = entriesFor(product.product, version).flatMap(({ governs }) => governs);
      expect(keys, `version ${version}`).toEqual([...new Set(keys)]);
    }
  });
});

test("what is not verified says how it is known, and what is verified names a source one can open", () => {
  const entries = products.flatMap((product) => product.entries);
  expect(entries.filter(isVerified).length).toBeGreaterThan(200);
  for (const { id, source, confidence } of entries) {
    if (confidence === "source") expect(source, id).toMatch(/@[0-9a-f]{7}|^kubernetes\/kubernetes, /);
    if (confidence === "documentation") expect(source, id).toMatch(/https:\/\/|awsdocs\/|bugs\.openjdk/);
  }
});

test.each([
  ["1.29.7", ">=1.29.7", true],
  ["1.29.6", ">=1.29.7", false],
  ["1.9", "<1.10", true],
  ["v1.31.2-eks-abc", "<1.32", true],
  ["1.19.10", ">=1.15.3 <1.19.10", false],
  ["latest", ">=1.32", true],
  ["latest", "<1.32", false],
  [undefined, "*", true],
] as const)("version %s lies in %s: %s", (version, range, expected) => {
  expect(inVersionRange(version, range)).toBe(expected);
});

test("looking up takes words of any field, whatever their case", () => {
  const ids = searchCatalogue(["NGINX", "upstream keepalive_timeout"]).flatMap((p) => p.entries.map(({ id }) => id));
  expect(ids).toContain("nginx.upstream-keepalive-timeout");
  expect(searchCatalogue(["no such words anywhere"])).toEqual([]);
  expect(searchCatalogue([]).length).toBe(products.length);
});
