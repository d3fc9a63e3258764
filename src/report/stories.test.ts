import { expect, test } from "vitest";
import { COLLISION, LOST } from "../../tests/sample-explanations.ts";
import { shortNames, withShortNames } from "./short-names.ts";
import { storiesOf } from "./stories.ts";
import { renderText } from "./text.ts";
import { groupIncidents, verdictOf } from "./verdict.ts";

test("evidence without a story's number is one story", () => {
  expect(storiesOf(COLLISION)).toEqual([COLLISION.evidence]);
});

test("evidence of several losses is told apart, in order", () => {
  const evidence = [...COLLISION.evidence, ...COLLISION.evidence].map((item, i) => ({
    ...item,
    story: i < COLLISION.evidence.length ? 0 : 1,
  }));
  const stories = storiesOf({ ...COLLISION, evidence });
  expect(stories.map((story) => story.map((item) => item.packet))).toEqual([
    COLLISION.evidence.map((item) => item.packet),
    COLLISION.evidence.map((item) => item.packet),
  ]);
  const several = { ...LOST, incidents: [{ ...COLLISION, evidence }] };
  expect(verdictOf(several).line).toBe(
    "10.20.1.10:42852 → 10.20.11.5:443 and 1 more the same way, by the balancer (certain)",
  );
  const text = renderText(several, { width: 100, colour: false });
  expect(text.match(/client\.pcap#41/g)).toHaveLength(1);
  expect(text).toContain("The same 1 more time ─");
  expect(text).toMatch(
    /^ {2}2026-11-20 15:19:39\.299611 UTC {2}10\.20\.1\.10:42852 → 10\.20\.11\.5:443 {2}client\.pcap#39$/m,
  );
});

test("losses whose evidence is left out are counted in the verdict, too", () => {
  const cut = { ...COLLISION, moreLosses: 13 };
  expect(verdictOf({ ...LOST, incidents: [cut] }).line).toBe(
    "10.20.1.10:42852 → 10.20.11.5:443 and 13 more the same way, by the balancer (certain)",
  );
  const another = { ...cut, id: "incident-2", moreLosses: 14 };
  expect(verdictOf({ ...LOST, incidents: [cut, another] }).line).toBe(
    "29 times the same way, by the balancer (certain)",
  );
});

test("incidents are alike when mechanism, culprit and confidence are", () => {
  const other = { ...COLLISION, id: "incident-2", confidence: "likely" } as const;
  const groups = groupIncidents([COLLISION, other, { ...COLLISION, id: "incident-3" }]);
  expect(groups.map(({ first, others }) => [first.id, ...others.map((o) => o.id)])).toEqual([
    ["incident-1", "incident-3"],
    ["incident-2"],
  ]);
});

test("files are called by their base name unless two share it", () => {
  const nameOf = shortNames(["a/client.pcap", "b/client.pcap", "b/target.pcap", "-"]);
  expect(["a/client.pcap", "b/client.pcap", "b/target.pcap", "-"].map(nameOf)).toEqual([
    "a/client.pcap",
    "b/client.pcap",
    "target.pcap",
    "stdin",
  ]);
});

test("sentences name files as short as the rest of the report does", () => {
  const because = "evidence/target1.pcap, taken at the host, shows it";
  const told = { ...LOST, incidents: [{ ...COLLISION, ruledOut: [{ cause: "peer-vanished", because }] }] };
  expect(renderText(told, { width: 100, colour: false })).toContain("target1.pcap, taken at the host, shows it");
  const piped = { ...told, inputs: [{ file: "-", kind: "pcap", problems: [] }] };
  expect(withShortNames(piped).incidents[0]?.remedy).toBe(COLLISION.remedy);
  expect(withShortNames(piped).incidents[0]?.summary).toBe(COLLISION.summary);
  expect(withShortNames(told).incidents[0]?.filters).toEqual(COLLISION.filters);
});
