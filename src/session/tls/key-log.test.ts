import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { KeyLog } from "./key-log.ts";

const RANDOM = "0f".repeat(32);
const MASTER = "a1".repeat(48);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const random = new Uint8Array(32).fill(0x0f);

test("lines of known labels are taken, in either case and with either line end", () => {
  const keys = new KeyLog();
  keys.add(
    bytes(`# comment\r\nCLIENT_RANDOM ${RANDOM.toUpperCase()} ${MASTER}\r\n\nEXPORTER_SECRET ${RANDOM} ${MASTER}`),
  );
  expect(keys.secret("CLIENT_RANDOM", random)).toEqual(new Uint8Array(48).fill(0xa1));
  expect(keys.size).toBe(1);
  expect(keys.unread).toEqual({ lines: 0, omitted: 0 });
});

test("RSA lines give premaster secrets and sessions", () => {
  const keys = new KeyLog();
  keys.add(bytes(`RSA 0102030405060708 ${MASTER}\nRSA Session-ID:beef Master-Key:${MASTER}\n`));
  expect(keys.premaster(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9))).toHaveLength(48);
  expect(keys.session(Uint8Array.of(0xbe, 0xef))).toHaveLength(48);
});

test("what is no secret is counted and not kept", () => {
  const keys = new KeyLog();
  keys.add(bytes(`CLIENT_RANDOM zz ${MASTER}\nCLIENT_RANDOM ${RANDOM}\nhello world\nCLIENT_RANDOM ${RANDOM} abc\n`));
  expect(keys.size).toBe(0);
  expect(keys.unread.lines).toBe(4);
});

test("any bytes are taken without an exception, and nothing in it prints", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const keys = new KeyLog();
      keys.add(noise);
      keys.add(bytes(`CLIENT_RANDOM ${RANDOM} ${MASTER}`));
      expect(keys.size).toBe(1);
      expect(`${keys} ${JSON.stringify(keys)}`).not.toContain("a1a1");
    }),
  );
});
