import { describe, expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { COLLISION, HEALTHY, LOST, MANY } from "../../../tests/sample-explanations.ts";
import type { Explanation, Incident, Track } from "../../incident/explanation.ts";
import { escapeHtml } from "./markup.ts";
import { renderHtml } from "./render-html.ts";

const FILE = LOST.inputs[0]?.file ?? "";
const TARGET = LOST.inputs[1]?.file ?? "";
const second = (n: number): bigint => COLLISION.at + BigInt(Math.round(n * 1e9));

const track = (more: Partial<Track>): Track => ({
  file: FILE,
  stream: 0,
  connection: 0,
  client: "10.20.1.10:42852",
  server: "10.20.11.5:443",
  from: second(-3),
  to: second(45),
  packets: 68,
  state: "open",
  marks: [{ packet: 1, at: second(-3), kind: "SYN", fromClient: true }],
  silences: [{ from: second(1), to: second(29) }],
  ...more,
});

/** The sample with everything that is drawn from packets. */
const DRAWN: Incident = {
  ...COLLISION,
  timeline: [
    track({ lostAt: second(0) }),
    track({
      stream: 1,
      connection: 1,
      server: "10.20.12.5:443",
      from: second(0),
      state: "reset",
      silences: [],
      marks: [
        { packet: 41, at: second(0), kind: "SYN", fromClient: true },
        { packet: 43, at: second(0.00011), kind: "RST", fromClient: true },
      ],
    }),
    track({ file: TARGET, from: second(-3) + 1_250_000n }),
  ],
  tables: [moment("before", -1, "ESTABLISHED"), moment("after", 45, "CLOSED")],
};

function moment(kind: "before" | "after", at: number, server: "ESTABLISHED" | "CLOSED") {
  const ends = { connection: 0, local: "10.20.1.10:42852", remote: "10.20.11.5:443" };
  return {
    kind,
    at: second(at),
    file: FILE,
    client: [{ ...ends, state: "ESTABLISHED" as const, seenIn: FILE }],
    server: [{ ...ends, local: ends.remote, remote: ends.local, state: server }],
  };
}

const PAGE: Explanation = { ...LOST, incidents: [DRAWN] };

/** Tags and attributes in order, after reading every character of a page by the strictest of grammars. */
function structureOf(page: string): string[] {
  const body = page.replace(/<style>[^<]*<\/style>/, "<style></style>");
  const found: string[] = [];
  const token = /<(!doctype html|\/?[a-z0-9]+)((?: [a-zA-Z:-]+[a-zA-Z0-9:-]*="[^"<>]*")*)\/?>|[^<>]+/gy;
  let end = 0;
  for (const match of body.matchAll(token)) {
    end = match.index + match[0].length;
    if (match[1] !== undefined)
      found.push(match[1], ...[...(match[2] ?? "").matchAll(/ ([a-zA-Z0-9:-]+)="[^"]*"/g)].map((m) => `@${m[1]}`));
  }
  expect(end, body.slice(end, end + 80)).toBe(body.length);
  return found;
}

const textOf = (page: string): string => page.replace(/<style>[^<]*<\/style>/, "").replace(/<[^>]*>/g, "");

function checkLinks(page: string): void {
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, href] of page.matchAll(/ href="([^"]*)"/g)) expect(ids.map((id) => `#${id}`)).toContain(href);
}

describe("one loss", () => {
  const page = renderHtml(PAGE);
  const text = textOf(page);

  test("the verdict comes first", () => {
    expect(text.trim().split("\n").filter(Boolean)[1]).toMatch(
      /^LOST10\.20\.1\.10:42852 → 10\.20\.11\.5:443, by the balancer/,
    );
    expect(page).toContain("<title>LOST: 10.20.1.10:42852 → 10.20.11.5:443, by the balancer (certain)</title>");
  });

  test("tells everything the incident holds", () => {
    const { cause, title, summary, remedy, refutedBy, evidence, ruledOut, filters, inferred } = COLLISION;
    for (const told of [cause, title, summary, remedy, refutedBy, ...Object.values(filters), ...(inferred ?? [])]) {
      expect(text).toContain(escapeHtml(told));
    }
    for (const { packet, shows } of evidence) {
      expect(text).toContain(`#${packet}`);
      expect(text).toContain(escapeHtml(shows));
    }
    for (const other of ruledOut) expect(text).toContain(other.cause + escapeHtml(other.because));
  });

  test("commands and filters stand in boxes of their own", () => {
    const boxes = [...page.matchAll(/<pre class="code"[^>]*><code>([^<]*)<\/code>/g)].map((match) => match[1]);
    expect(boxes).toEqual([
      "tcpdump -ni any -s 128 -w evidence.pcap &#39;(host 10.20.1.10 and tcp port 443) or icmp&#39;",
      "tcp.stream in {0, 1}",
    ]);
  });

  test("every packet of the proof has a rung, and links lead to it", () => {
    const rungs = [...page.matchAll(/<li class="rung" id="([^"]*)"/g)].map((match) => match[1]);
    expect(rungs).toHaveLength(COLLISION.evidence.length);
    for (const id of rungs) expect(page).toContain(`<a class="step" href="#${id}">`);
    expect(page).toMatch(/<a href="#incident-1-\d+">packet 64<\/a>/);
    checkLinks(page);
  });

  test("every capture has a lane, with its clock", () => {
    expect(page.match(/<section class="lane client">/g)).toHaveLength(1);
    expect(page.match(/<section class="lane server">/g)).toHaveLength(1);
    expect(text).toContain("taken at the server · clock 1.25 ms ahead of client.pcap, known to ± 40 µs");
    expect(page).toMatch(/<rect class="lost" /);
    expect(page).toContain("RST from the client, packet 43");
    expect(text).toContain("28.0 s silent");
  });

  test("tracks of several clocks stand in step", () => {
    const starts = [...page.matchAll(/<rect class="busy" x="([^"]*)%"/g)].map((match) => match[1]);
    // Two pieces, one, and two of the target, whose clock is 1.25 ms ahead: its first packet was written down so much later.
    expect(starts).toHaveLength(5);
    expect(starts[3]).toBe(starts[0]);
  });

  test("the tables say what is gone, and what is inferred", () => {
    expect(page).toMatch(/<tr class="doubted">.*ESTABLISHED/);
    expect(page).toMatch(/<tr class="gone">.*<em>inferred<\/em>/);
    expect(text).toContain("Half-open: one end still believes");
  });

  test("problems of the inputs are told", () => {
    expect(text).toContain("the file ends in the middle of a record");
    expect(text).toContain("kcm.log");
  });
});

test("the policy forbids everything but the style", () => {
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(renderHtml(PAGE)) ?? [];
  expect(policy).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; script-src 'none';/);
});

test.each(Object.entries({ PAGE, LOST, MANY, HEALTHY }))("%s is well-formed, alone and linked", (_, explanation) => {
  const page = renderHtml(explanation);
  const structure = new Set(structureOf(page));
  for (const name of ["script", "img", "link", "iframe", "object", "@src", "@srcset", "@style", "@onload"]) {
    expect(structure).not.toContain(name);
  }
  expect(page).not.toMatch(/https?:|url\((?!#)|@import|NaN|undefined|\[object/);
  checkLinks(page);
});

test("many losses: each way whole once, the others in a line each", () => {
  const page = renderHtml(MANY);
  expect(page.match(/<article /g)).toHaveLength(2);
  expect(page).toContain("20 × backend-tuple-collision");
  expect(page.match(/<tr><td><time>/g)).toHaveLength(19);
});

test("nothing lost says so", () => {
  const page = renderHtml(HEALTHY);
  expect(page).toContain('<header class="verdict nothing-lost"><p class="badge">NOTHING LOST</p>');
  expect(page).not.toContain("<article");
});

/** The same explanation with something added to every text that may come from evidence. */
function spoilt(explanation: Explanation, poison: string): Explanation {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return WORDS.has(key) ? value : `${value} ${poison}`;
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== "object" || value === null) return value;
    const byFile = key === "filters" || key === "streams";
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [byFile ? `${name} ${poison}` : name, walk(item, name)]),
    );
  };
  return walk(explanation, "") as Explanation;
}

/** Words that the program itself chooses. */
const WORDS = new Set(["kind", "vantage", "confidence", "initiator", "state", "id"]);

const poisons = fc
  .oneof(
    fc.constantFrom(
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='alert(1)",
      "</style></title></svg><svg/onload=alert(1)>",
      "]]>--><!--",
      "`alert(1)`",
      "&lt;b&gt; &#60;i&#62; &amp",
      "javascript:alert(1)",
      "\u202e\u0000\u2028<b>",
    ),
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."<>&\"'`=/ !-abscript:#") }),
  )
  .filter((poison) => !/[\n/]|packet \d|#\d/.test(poison) || /[<>]/.test(poison));

test("no text of the evidence opens a tag or an attribute", () => {
  const plain = structureOf(renderHtml(spoilt(PAGE, "x")));
  const many = structureOf(renderHtml(spoilt(MANY, "x")));
  fc.assert(
    fc.property(poisons, (poison) => {
      const harmless = poison.replace(/\n/g, " ");
      expect(structureOf(renderHtml(spoilt(PAGE, harmless)))).toEqual(plain);
      expect(structureOf(renderHtml(spoilt(MANY, harmless)))).toEqual(many);
    }),
    { numRuns: 60 },
  );
});
