import { expect, test } from "vitest";
import { shownFields, withoutQuery } from "./shown-fields.ts";

test("credentials and personal data in headers are not shown", () => {
  const fields = ["authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization", "referer"];
  expect(shownFields(fields.map((name) => ({ name, value: "secret" })))).toEqual([]);
});

test("a path is shown up to its query, an authority without its user", () => {
  const shown = shownFields([
    { name: ":path", value: "/pods?token=secret#x" },
    { name: ":authority", value: "me:secret@api.example:443" },
    { name: "grpc-status", value: "14" },
  ]);
  expect(shown).toEqual([
    { name: ":path", value: "/pods?…" },
    { name: ":authority", value: "…@api.example:443" },
    { name: "grpc-status", value: "14" },
  ]);
  expect(withoutQuery("http://me:secret@a/b?c=d")).toBe("http://…@a/b?…");
});

test("a long value is cut", () => {
  expect(withoutQuery(`/${"a".repeat(1000)}`)).toHaveLength(257);
});
