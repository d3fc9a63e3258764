import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { LOST, MANY } from "../../tests/sample-explanations.ts";
import { renderJson } from "./json.ts";
import { jsonText } from "./json-text.ts";

test("the contract's fields are where other programs look for them", () => {
  const document = JSON.parse(renderJson(LOST));
  expect(document.schema).toBe(1);
  expect(document.inputs[0]).toMatchObject({ file: "evidence/client.pcap", kind: "pcap", packets: 110 });
  expect(document.inputs[2]).toMatchObject({ from: null, to: null });
  const [incident] = document.incidents;
  expect(incident).toMatchObject({ cause: "backend-tuple-collision", confidence: "certain", initiator: "balancer" });
  expect(incident.at).toBe("2026-11-20T15:19:40.096329000Z");
  expect(incident.connections[0].streams).toEqual({ "evidence/client.pcap": 0 });
  expect(incident.evidence[1]).toMatchObject({ file: "evidence/client.pcap", packet: 41 });
  expect(incident.filters).toEqual({ "evidence/client.pcap": "tcp.stream in {0, 1}" });
  expect(document.totals.packets).toBe(220);
});

test("text from evidence comes back unchanged, and can't drive a terminal on its way", () => {
  const text = renderJson(MANY);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character but the line feed may be printed
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(JSON.parse(text).incidents[20].summary).toBe(MANY.incidents[20]?.summary);
});

test("any string survives", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
      expect(JSON.parse(jsonText({ text }))).toEqual({ text });
    }),
  );
});
