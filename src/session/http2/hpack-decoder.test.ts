import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import type { Field } from "./frame.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { decodeHuffman } from "./huffman.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function decoded(decoder: HpackDecoder, hex: string): string[] {
  const list = decoder.decode(bytesOf(hex));
  if ("kind" in list) return [`malformed at ${list.offset}: ${list.expected}`];
  return list.fields.map(({ name, value }) => `${name}: ${value}`);
}

describe("RFC 7541 appendix C", () => {
  const REQUESTS = [
    [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
    [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
    [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
  ];

  test("C.2: representations", () => {
    const fresh = (hex: string): string[] => decoded(new HpackDecoder(), hex);
    expect(fresh("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572")).toEqual([
      "custom-key: custom-header",
    ]);
    expect(fresh("040c 2f73 616d 706c 652f 7061 7468")).toEqual([":path: /sample/path"]);
    expect(fresh("1008 7061 7373 776f 7264 0673 6563 7265 74")).toEqual(["password: secret"]);
    expect(fresh("82")).toEqual([":method: GET"]);
  });

  test("C.3: requests without Huffman coding", () => {
    const decoder = new HpackDecoder();
    expect(decoded(decoder, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d")).toEqual(REQUESTS[0]);
    expect(decoded(decoder, "8286 84be 5808 6e6f 2d63 6163 6865")).toEqual(REQUESTS[1]);
    expect(decoded(decoder, "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65")).toEqual(
      REQUESTS[2],
    );
  });

  test("C.4: requests with Huffman coding", () => {
    const decoder = new HpackDecoder();
    expect(decoded(decoder, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")).toEqual(REQUESTS[0]);
    expect(decoded(decoder, "8286 84be 5886 a8eb 1064 9cbf")).toEqual(REQUESTS[1]);
    expect(decoded(decoder, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")).toEqual(REQUESTS[2]);
  });

  test("C.6: responses that evict entries of a table of 256 octets", () => {
    const decoder = new HpackDecoder();
    const date = "date: Mon, 21 Oct 2013 20:13:21 GMT";
    expect(
      decoded(
        decoder,
        "3fe1 0148 8264 0258 85ae c377 1a4b 6196 d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff 6e91 9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3",
      ),
    ).toEqual([":status: 302", "cache-control: private", date, "location: https://www.example.com"]);
    expect(decoded(decoder, "4883 640e ffc1 c0bf")).toEqual([
      ":status: 307",
      "cache-control: private",
      date,
      "location: https://www.example.com",
    ]);
  });
});

interface Story {
  readonly cases: readonly {
    readonly wire: string;
    readonly header_table_size?: number;
    readonly headers: readonly Readonly<Record<string, string>>[];
  }[];
}

/** The published stories (github.com/http2jp/hpack-test-case, MIT). Two are here; HALFOPEN_HPACK_STORIES may name a folder with all. */
const FIXTURES = join(import.meta.dirname, "..", "..", "..", "tests", "fixtures", "hpack");
const folders = [FIXTURES, process.env.HALFOPEN_HPACK_STORIES ?? ""].filter(
  (folder) => folder !== "" && existsSync(folder),
);
const stories = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /story_\d+\.json$/.test(name) && !name.includes("raw-data"))
    .map((name) => join(folder, name)),
);

test("there are stories", () => {
  expect(stories.length).toBeGreaterThan(1);
});

test.each(stories)("story %s", (path) => {
  const { cases } = JSON.parse(readFileSync(path, "utf8")) as Story;
  const decoder = new HpackDecoder();
  for (const { wire, header_table_size, headers } of cases) {
    if (header_table_size !== undefined) decoder.allow(header_table_size);
    const expected = headers.flatMap((header) => Object.entries(header).map(([name, value]) => `${name}: ${value}`));
    expect(decoded(decoder, wire)).toEqual(expected);
  }
});

test("any bytes give fields or a malformed block, and after that nothing more is claimed", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder();
      let broken = false;
      for (const block of blocks) {
        const list = decoder.decode(block);
        if (broken) expect("kind" in list).toBe(true);
        broken ||= "kind" in list;
        if ("kind" in list) expect(list.offset).toBeLessThanOrEqual(block.length);
      }
    }),
  );
});

test("a block cut short is malformed or gives fewer fields", () => {
  const whole = bytesOf("8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65".replace("bf", "84"));
  const fields = (block: Uint8Array): readonly Field[] | undefined => {
    const list = new HpackDecoder().decode(block);
    return "kind" in list ? undefined : list.fields;
  };
  const all = fields(whole) ?? [];
  expect(all).toHaveLength(5);
  for (let cut = 0; cut < whole.length; cut++) {
    const some = fields(whole.subarray(0, cut));
    if (some !== undefined) expect(some).toEqual(all.slice(0, some.length));
  }
});

test("a block that repeats a long entry costs no more than the bounds", () => {
  const name = "400a 6375 7374 6f6d 2d6b 6579 7fc1 1e".replaceAll(" ", "");
  const literal = Uint8Array.from([...bytesOf(name), ...new Uint8Array(4032).fill(97)]);
  const bomb = new Uint8Array(literal.length + 100_000).fill(0xbe);
  bomb.set(literal);
  const list = new HpackDecoder().decode(bomb);
  if ("kind" in list) throw new Error(`malformed at ${list.offset}`);
  expect(list.fields.length).toBeLessThan(20);
  expect(list.fields.length + list.omitted).toBe(100_001);
});

test("padding of Huffman strings is ones, fewer than eight", () => {
  expect(decodeHuffman(bytesOf("f1e3c2e5f23a6ba0ab90f4ff"))).toBe("www.example.com");
  expect(decodeHuffman(bytesOf("f1e3c2e5f23a6ba0ab90f4ffff"))).toBeUndefined();
  expect(decodeHuffman(bytesOf("00"))).toBeUndefined();
  expect(decodeHuffman(bytesOf("ffffffff"))).toBeUndefined();
});
