import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { printIPv4, printIPv6 } from "./address.ts";
import { parseAddress } from "./parse-address.ts";

test("every IPv4 address comes back as it was printed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      expect(parseAddress(printIPv4(new DataView(bytes.slice().buffer).getUint32(0)))).toEqual(bytes);
    }),
  );
});

test("every IPv6 address comes back as it was printed", () => {
  const byte = fc.oneof(fc.constant(0), fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { minLength: 16, maxLength: 16 }), (list) => {
      const bytes = Uint8Array.from(list);
      expect(parseAddress(printIPv6(bytes))).toEqual(bytes);
    }),
  );
});

test.each(["", "1.2.3", "1.2.3.256", "1.2.3.4.5", ":::", "1::2::3", "g::", "1:2:3:4:5:6:7:8:9", "::1.2.3", "12345::"])(
  "refuses %j",
  (text) => {
    expect(() => parseAddress(text)).toThrow(RangeError);
  },
);
