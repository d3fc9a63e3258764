import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { TupleTable } from "./tuple-table.ts";

test("it holds what a Map holds, through growth and gaps that close", () => {
  const deed = fc.record({
    what: fc.constantFrom("set", "delete", "get"),
    a: fc.integer({ min: -40, max: 40 }),
    b: fc.nat(8),
    value: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 1500 }), (deeds) => {
      const table = new TupleTable();
      const map = new Map<string, number>();
      for (const { what, a, b, value } of deeds) {
        const key = `${a} ${b}`;
        if (what === "set") {
          table.set(a, b, value);
          map.set(key, value);
        } else if (what === "delete") {
          table.delete(a, b);
          map.delete(key);
        }
        expect(table.get(a, b)).toBe(map.get(key) ?? -1);
        expect(table.size).toBe(map.size);
      }
    }),
  );
});
