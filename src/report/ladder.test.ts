import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { COLLISION } from "../../tests/sample-explanations.ts";
import type { EvidenceReport } from "../incident/explanation.ts";
import { printIPv6 } from "../net/address.ts";
import { parseAddress } from "../net/parse-address.ts";
import { drawLadder } from "./ladder.ts";
import { columns } from "./lines.ts";
import { paletteOf } from "./palette.ts";

const draw = (evidence: readonly EvidenceReport[], width = 80): string[] =>
  drawLadder(evidence, { width, palette: paletteOf(false), inputs: [], nameOf: (file) => file });

const segment = {
  from: { address: "10.0.0.1", port: 40000 },
  to: { address: "10.0.0.2", port: 443 },
  fromClient: true,
  flags: "SYN",
  seq: 0,
  ack: 0,
  length: 0,
  ttl: 64,
  stream: 0,
};
const packet = (more: Partial<typeof segment>, number = 1, at = 0n): EvidenceReport => ({
  file: "a.pcap",
  packet: number,
  at,
  shows: "something",
  segment: { ...segment, ...more },
});
const reply = { from: segment.to, to: segment.from, fromClient: false, flags: "SYN, ACK", ack: 1 };

test("two ends: an arrow leaves its sender and arrives at the other end", () => {
  expect(draw([packet({}), packet(reply, 2, 1_500_000n)], 60)).toEqual([
    "     seconds  client                                  server",
    "              10.0.0.1:40000                    10.0.0.2:443",
    "    0.000000  │─ SYN seq 0 ───────────────────────────────▶│",
    "              │ a.pcap#1  something                        │",
    "    0.001500  │◀──────────────────── SYN, ACK seq 0 ack 1 ─│",
    "              │ a.pcap#2  something                        │",
  ]);
});

test("a longer time between two packets is written between them", () => {
  const lines = draw([packet({}), packet(reply, 2, 350_000_000_000n)]);
  expect(lines.filter((line) => line.includes("5 min 50 s later"))).toHaveLength(1);
  expect(lines.some((line) => line.startsWith("  350.000000  "))).toBe(true);
});

test("two servers: an arrow to the further one crosses the nearer one's line", () => {
  const lines = draw(COLLISION.evidence, 100);
  expect(lines[1]).toMatch(/10\.20\.1\.10:42852 .* 10\.20\.11\.5:443 .* 10\.20\.12\.5:443/);
  expect(lines.filter((line) => line.includes("┼"))).toHaveLength(5);
});

test("numbers that do not fit on an arrow stand below it", () => {
  const lines = draw(COLLISION.evidence, 80);
  expect(lines.find((line) => line.includes("client.pcap#65"))).toContain("(seq 137793613 ack 2507619397)");
});

test("more ends than fit are drawn as clients and servers", () => {
  const evidence = Array.from({ length: 9 }, (_, i) => packet({ to: { address: `10.0.1.${i}`, port: 443 } }, i + 1));
  expect(draw(evidence)[0]).toMatch(/client +servers$/);
  expect(draw(evidence)[1]).toMatch(/9 addresses$/);
});

test("times of another capture are put on the first one's clock", () => {
  const evidence = [packet({}), { ...packet(reply, 2, 5_000_000_000n), file: "b.pcap" }];
  const clock = { against: "a.pcap", offset: -4_000_000_000, uncertainty: 0 };
  const inputs = [{ file: "b.pcap", kind: "pcap", problems: [], clock }];
  const lines = drawLadder(evidence, { width: 80, palette: paletteOf(false), inputs, nameOf: (file) => file });
  expect(lines.some((line) => line.startsWith("    1.000000  "))).toBe(true);
});

describe("whatever the evidence is", () => {
  // As everything in an explanation, in its canonical form (RFC 5952).
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((text) => printIPv6(parseAddress(text))),
  );
  const endpoint = fc.record({ address, port: fc.nat(65535) });
  const evidence = fc.record(
    {
      file: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme-ascii" }).map((name) => name.replaceAll(" ", "_")),
      packet: fc.integer({ min: 1, max: 1e9 }),
      at: fc.bigInt({ min: 0n, max: 2n ** 63n }),
      shows: fc.string().map((text) => text.replace(/\S{20,}/g, "long")),
      segment: fc.record({
        from: endpoint,
        to: endpoint,
        fromClient: fc.boolean(),
        flags: fc.constantFrom("SYN", "RST", "FIN, PSH, ACK", "<none>"),
        seq: fc.nat(4294967295),
        ack: fc.nat(4294967295),
        length: fc.nat(65535),
        ttl: fc.nat(255),
        stream: fc.nat(),
      }),
    },
    { requiredKeys: ["file", "packet", "at", "shows"] },
  );

  test("every line fits the width", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 12 }), fc.integer({ min: 80, max: 120 }), (given, width) => {
        for (const line of draw(given as EvidenceReport[], width)) {
          const time = /^ *-?\d+\.\d{6} {2}/.exec(line)?.[0].length ?? 14;
          expect(columns(line) - Math.max(0, time - 14)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});
