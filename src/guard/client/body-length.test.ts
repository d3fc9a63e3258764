import type { IncomingHttpHeaders } from "node:http2";
import { expect, test } from "vitest";
import { bodyLength } from "./body-length.ts";

test.each([
  ["GET", { ":status": 200, "content-length": "20" }, 20],
  ["GET", { ":status": 200 }, undefined],
  ["GET", { ":status": 200, "content-length": "1e3" }, undefined],
  ["GET", { ":status": 200, "content-length": "20, 20" }, undefined],
  ["HEAD", { ":status": 200, "content-length": "20" }, undefined],
  ["GET", { ":status": 304, "content-length": "20" }, undefined],
  ["GET", { ":status": 204, "content-length": "0" }, undefined],
])("%s %j: %s", (method, headers, length) => {
  expect(bodyLength(method, headers as object as IncomingHttpHeaders)).toBe(length);
});
