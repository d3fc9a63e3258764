import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { openSource } from "../src/capture/evidence-source.ts";
import { readCapture } from "../src/capture/read-capture.ts";
import { explainEvidence } from "../src/explain-evidence.ts";
import { readFlow } from "../src/flow/read-flow.ts";
import { Survey } from "../src/flow/survey.ts";
import { renderFlowsJson } from "../src/report/flows-json.ts";
import { renderJson } from "../src/report/json.ts";
import { HEALTHY, LOST, MANY } from "./sample-explanations.ts";

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = join(ROOT, "examples");
const examples = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** The published schema, made strict: what is printed must be described, field for field. */
function validator(name: string) {
  const schema = JSON.parse(readFileSync(join(ROOT, "schema", name), "utf8"), (_, value) =>
    value?.properties !== undefined && value.type === "object" ? { ...value, additionalProperties: false } : value,
  );
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  return (text: string) => {
    validate(JSON.parse(text));
    return validate.errors ?? [];
  };
}

describe("explanation-1.schema.json", () => {
  const errorsOf = validator("explanation-1.schema.json");

  test.each(Object.entries({ LOST, MANY, HEALTHY }))("describes the sample %s", (_, sample) => {
    expect(errorsOf(renderJson(sample))).toEqual([]);
  });

  test.each(examples)("describes the explanation of examples/%s", async (name) => {
    expect(errorsOf(renderJson(await explainEvidence([join(EXAMPLES, name)])))).toEqual([]);
  });

  test("refuses what is not an explanation", () => {
    expect(errorsOf('{"schema":1,"inputs":[],"incidents":[{}],"notes":[],"totals":{}}')).not.toEqual([]);
    expect(errorsOf(renderJson(LOST).replace('"summary"', '"sumary"'))).not.toEqual([]);
  });
});

describe("flows-1.schema.json", () => {
  const errorsOf = validator("flows-1.schema.json");

  test.each(examples)("describes the flows of examples/%s", async (name) => {
    const captures = readdirSync(join(EXAMPLES, name)).filter((file) => /\.pcap(ng)?$/.test(file));
    expect(captures).not.toEqual([]);
    for (const capture of captures) {
      const text = [...renderFlowsJson([await listing(join(EXAMPLES, name, capture))])].join("");
      expect(errorsOf(text)).toEqual([]);
      expect(JSON.parse(text).captures[0].flows.length).toBeGreaterThan(0);
    }
  });
});

async function listing(file: string) {
  const source = await openSource(file);
  const survey = new Survey();
  try {
    const { epoch, problems } = await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
    const flows = Array.from({ length: survey.table.rows }, (_, row) => readFlow(survey.table, row));
    return { file, epoch, ...survey.totals(), flowCount: flows.length, problems, flows };
  } finally {
    source.close();
  }
}
