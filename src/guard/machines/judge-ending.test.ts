import { describe, expect, test } from "vitest";
import { assert, boolean, constantFrom, integer, property, record } from "../../../tests/helpers/fast-check.ts";
import { type Ending, isIdempotent, judgeEnding } from "./judge-ending.ts";

const POST = { idempotent: false, replayable: true, attempts: 1 };
const GET = { idempotent: true, replayable: true, attempts: 1 };
const CAREFUL = { maxAttempts: 4, retryIdempotent: false };
const ALLOWED = { maxAttempts: 4, retryIdempotent: true };

describe("what was surely not processed is sent again (RFC 9113 §8.7)", () => {
  test.each<Ending>([
    { kind: "not-dispatched" },
    { kind: "refused" },
    { kind: "goaway", streamId: 7, lastStreamId: 5 },
  ])("$kind", (ending) => {
    expect(judgeEnding(ending, POST, CAREFUL)).toEqual({ action: "retry", processed: "no" });
  });
});

const DOUBTFUL: readonly Ending[] = [
  { kind: "goaway", streamId: 5, lastStreamId: 5 },
  { kind: "reset", code: 8 },
  { kind: "lost-ping" },
  { kind: "closed" },
];

describe("what may have been processed", () => {
  test.each(DOUBTFUL)("$kind: is not sent again if it is not idempotent, even where that is allowed", (ending) => {
    const judged = { action: "fail", processed: "maybe", because: "may-have-been-processed" };
    expect(judgeEnding(ending, POST, ALLOWED)).toEqual(judged);
    expect(judgeEnding(ending, GET, CAREFUL)).toEqual(judged);
  });

  test.each(DOUBTFUL)("$kind: is sent again if it is idempotent and allowed", (ending) => {
    expect(judgeEnding(ending, GET, ALLOWED)).toEqual({ action: "retry", processed: "maybe" });
  });
});

test("a body that was read already is not sent again, and that is said", () => {
  const judged = judgeEnding({ kind: "refused" }, { ...POST, replayable: false }, CAREFUL);
  expect(judged).toEqual({ action: "fail", processed: "no", because: "body-not-replayable" });
});

test("attempts are counted", () => {
  const judged = judgeEnding({ kind: "refused" }, { ...POST, attempts: 4 }, CAREFUL);
  expect(judged).toEqual({ action: "fail", processed: "no", because: "attempts-used-up" });
});

test("what the caller gave up is not sent again", () => {
  expect(judgeEnding({ kind: "given-up" }, GET, ALLOWED).action).toBe("fail");
});

test("no combination sends again what may have been processed without leave and idempotence", () => {
  const endings = constantFrom<Ending>(
    ...DOUBTFUL,
    { kind: "given-up" },
    { kind: "refused" },
    { kind: "not-dispatched" },
  );
  const requests = record({ idempotent: boolean(), replayable: boolean(), attempts: integer({ min: 1, max: 6 }) });
  const policies = record({ maxAttempts: integer({ min: 1, max: 5 }), retryIdempotent: boolean() });
  assert(
    property(endings, requests, policies, (ending, request, policy) => {
      const { action, processed } = judgeEnding(ending, request, policy);
      if (action !== "retry") return;
      expect(processed === "no" || (request.idempotent && policy.retryIdempotent)).toBe(true);
      expect(request.replayable && request.attempts < policy.maxAttempts).toBe(true);
    }),
  );
});

test("methods are idempotent as RFC 9110 §9.2.2 says", () => {
  expect(["GET", "head", "PUT", "DELETE", "OPTIONS", "TRACE"].every(isIdempotent)).toBe(true);
  expect(["POST", "PATCH", "CONNECT", "get it"].some(isIdempotent)).toBe(false);
});
