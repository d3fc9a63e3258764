import { describe, expect, test } from "vitest";
import { COLLISION, HEALTHY, LOST, MANY } from "../../tests/sample-explanations.ts";
import { columns } from "./lines.ts";
import { renderText, renderVerdict } from "./text.ts";

const plain = { width: 80, colour: false };

describe("one loss", () => {
  const text = renderText(LOST, plain);
  const lines = text.split("\n");

  test("begins with what was lost, who did it, and how sure that is", () => {
    expect(lines[0]).toBe(" LOST   10.20.1.10:42852 → 10.20.11.5:443, by the balancer (certain)");
    expect(renderVerdict(LOST, plain)).toBe(`${lines[0]}\n`);
  });

  test("tells everything the incident holds", () => {
    const words = text.replace(/[│\s]+/g, " ");
    const { cause, title, summary, remedy, refutedBy, evidence, ruledOut, filters } = COLLISION;
    for (const told of [cause, title, summary, remedy, refutedBy]) expect(words).toContain(told);
    for (const { packet, shows } of evidence) {
      expect(words).toContain(`client.pcap#${packet}`);
      expect(words).toContain(shows);
    }
    for (const { cause: other, because } of ruledOut) expect(words).toContain(`${other} ${because}`);
    for (const filter of Object.values(filters)) expect(text).toContain(filter);
  });

  test("the command to run next stands on a line of its own", () => {
    expect(lines.map((line) => line.trim())).toContain(
      "tcpdump -ni any -s 128 -w evidence.pcap '(host 10.20.1.10 and tcp port 443) or icmp'",
    );
  });

  test("says what was read and what was not", () => {
    expect(text).toContain("the file ends in the middle of a record");
    expect(text).toContain("clock 1.25 ms ahead of client.pcap, known to ± 40 µs");
    expect(text).toMatch(/not read {2}kcm\.log/);
  });
});

describe.each([72, 80, 100, 120, 200])("at %i columns", (width) => {
  test.each(Object.entries({ LOST, MANY, HEALTHY }))("%s fits", (_, explanation) => {
    const lines = renderText(explanation, { width, colour: false }).split("\n");
    const long = lines.filter((line) => columns(line) > Math.min(width, 120) && !line.includes("tcpdump"));
    expect(long.filter((line) => !/^ {2}2026/.test(line))).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });
});

test("colour is there when asked for, and is all that differs", () => {
  const coloured = renderText(LOST, { width: 80, colour: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes are what is looked for
  const codes = /\u001b\[[0-9;]*m/g;
  expect(coloured).toMatch(codes);
  expect(coloured.replace(codes, "").replace(/ +$/gm, "")).toBe(renderText(LOST, plain));
});

describe("many losses", () => {
  const text = renderText(MANY, plain);

  test("the headline counts them by kind", () => {
    expect(text).toMatch(/^ LOST {3}21 times, in 2 ways\n/);
    expect(text).toContain("20 × backend-tuple-collision");
  });

  test("the first is shown whole, others get a line each, and the rest is counted", () => {
    expect(text.match(/^ {2}2026-11-20 .* → /gm)).toHaveLength(12);
    expect(text).toContain("and 7 more");
    expect(text.split("\n").length).toBeLessThan(170);
  });

  test("what the evidence contains can't drive the terminal", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character but the line feed may be printed
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(text).toContain("\\u{1b}[31mevil");
  });
});

describe("nothing lost", () => {
  test("says so first, with what was looked at", () => {
    const text = renderText(HEALTHY, plain);
    expect(text).toMatch(/^ NOTHING LOST {3}in 4 flows, 220 packets of 2 captures, as far as they could be\n/);
    expect(text).toContain("reset-after-close");
  });

  test("is not claimed when there was no TCP to see", () => {
    const totals = { ...HEALTHY.totals, tcpPackets: 0, flows: 0 };
    expect(renderVerdict({ ...HEALTHY, totals }, plain)).toBe(" NOTHING SEEN   no TCP in 220 packets of 2 captures\n");
  });
});
