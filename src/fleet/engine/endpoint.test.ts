import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { endpoint, placeOf, portOf } from "./endpoint.ts";

test("an endpoint is the word that a typed array gives back, and says its place and port again", () => {
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(0xffff), (place, port) => {
      const end = endpoint(place, port);
      expect(Int32Array.of(end)[0]).toBe(end);
      expect([placeOf(end), portOf(end)]).toEqual([place, port]);
    }),
  );
});
