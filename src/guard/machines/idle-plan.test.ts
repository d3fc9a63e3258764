import { describe, expect, test } from "vitest";
import { array, assert, constantFrom, integer, oneof, property, record } from "../../../tests/helpers/fast-check.ts";
import { GuardFault } from "./guard-fault.ts";
import { type Hop, idlePlan } from "./idle-plan.ts";

const NLB: Hop = { id: "nlb", role: "box", idleTimeoutMs: 350_000 };
const ALB: Hop = { id: "alb", role: "proxy", idleTimeoutMs: 60_000, poolIdleTimeoutMs: 60_000 };

describe("a server", () => {
  test("keeps idle connections longer than its caller does", () => {
    expect(idlePlan({ before: [ALB] }).server?.keepAliveTimeoutMs).toBe(62_000);
    expect(idlePlan({ before: [60_000], marginMs: 5000 }).server?.keepAliveTimeoutMs).toBe(65_000);
  });

  test("looks at the nearest hop that ends connections", () => {
    expect(idlePlan({ before: [600_000, ALB] }).server?.keepAliveTimeoutMs).toBe(62_000);
  });

  test("probes through a box that forgets", () => {
    const plan = idlePlan({ before: [{ id: "pool", poolIdleTimeoutMs: 600_000 }, NLB] });
    expect(plan.server?.keepAliveTimeoutMs).toBe(602_000);
    expect(plan.tcpKeepaliveMs).toBe(60_000);
    expect(plan.because.join(" ")).toContain("nlb forgets after 350000 ms");
  });

  test.each([
    ["closes-before-its-caller", { before: [ALB], wanted: { keepAliveTimeoutMs: 60_000 } }],
    ["caller-never-closes", { before: [{ poolIdleTimeoutMs: Number.POSITIVE_INFINITY }] }],
    ["request-before-headers", { before: [ALB], wanted: { headersTimeoutMs: 60_000, requestTimeoutMs: 30_000 } }],
    [
      "box-forgets-first",
      { before: [90_000, { role: "box", idleTimeoutMs: 60_000, countsTcpKeepalive: false } as const] },
    ],
    ["probes-too-late", { before: [ALB, NLB], wanted: { tcpKeepaliveMs: 350_000 } }],
    ["bad-hop", { before: [0] }],
    ["out-of-range", { before: [ALB], marginMs: 0 }],
  ])("refuses with the reason: %s", (code, place) => {
    expect(() => idlePlan(place)).toThrow(expect.objectContaining({ code, name: "GuardFault" }));
  });
});

describe("a client", () => {
  test("gives idle connections up before the next server does, and before a box forgets", () => {
    expect(idlePlan({ after: [5000] }).client?.poolIdleTimeoutMs).toBe(3000);
    const plan = idlePlan({ after: [NLB, { idleTimeoutMs: 3_600_000 }] });
    expect(plan.client?.poolIdleTimeoutMs).toBe(60_000);
    expect(plan.tcpKeepaliveMs).toBe(60_000);
  });

  test.each([
    ["no-time-to-reuse", { after: [2000] }],
    ["outlives-the-server", { after: [60_000], wanted: { poolIdleTimeoutMs: 60_000 } }],
  ])("refuses with the reason: %s", (code, place) => {
    expect(() => idlePlan(place)).toThrow(expect.objectContaining({ code }));
  });
});

test("whatever the path: a plan closes first by the margin on either side, or there is none", () => {
  const ms = integer({ min: 1, max: 4_000_000 });
  const role = constantFrom<NonNullable<Hop["role"]>>("box", "proxy", "server", "client");
  const hop = oneof(ms, record({ role, idleTimeoutMs: ms, poolIdleTimeoutMs: ms }));
  const hops = array(hop, { maxLength: 4 });
  assert(
    property(hops, hops, integer({ min: 1, max: 10_000 }), (before, after, marginMs) => {
      let plan: ReturnType<typeof idlePlan>;
      try {
        plan = idlePlan({ before, after, marginMs });
      } catch (error) {
        expect(error).toBeInstanceOf(GuardFault);
        return;
      }
      const ends = (one: number | Hop): boolean => typeof one === "number" || one.role !== "box";
      const caller = before.filter(ends).at(-1);
      const keptMs = typeof caller === "number" ? caller : caller?.poolIdleTimeoutMs;
      if (keptMs !== undefined) expect(plan.server?.keepAliveTimeoutMs).toBeGreaterThanOrEqual(keptMs + marginMs);
      const next = after.find(ends);
      const acceptsMs = typeof next === "number" ? next : next?.idleTimeoutMs;
      if (acceptsMs !== undefined) expect(plan.client?.poolIdleTimeoutMs).toBeLessThanOrEqual(acceptsMs - marginMs);
    }),
  );
});
