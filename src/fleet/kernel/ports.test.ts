import { expect, test } from "vitest";
import { Dice } from "../engine/dice.ts";
import { Ports } from "./ports.ts";

/** A host that connects to destinations 2 and 3 and keeps what it has. */
function host(low: number, high: number): { connect: (remote: number) => number; taken: Set<string> } {
  const dice = new Dice(11);
  const ports = new Ports(dice, 5);
  const taken = new Set<string>();
  const stream = dice.stream("host");
  const connect = (remote: number): number => {
    const free = (port: number): boolean => !taken.has(`${port} ${remote}`);
    const port = ports.choose({ local: 1, remote, remotePort: 443, low, high, stream, free });
    taken.add(`${port} ${remote}`);
    return port;
  };
  return { connect, taken };
}

test("ports of the first one's parity go first, in even steps of 2 to 16 and 9 on average", () => {
  const { connect } = host(32_768, 60_999);
  const ports = Array.from({ length: 1500 }, () => connect(2));
  expect(ports.every((port) => port % 2 === 0)).toBe(true);
  const steps = ports
    .slice(1)
    .map((port, i) => port - (ports[i] as number))
    .filter((step) => step > 0);
  expect(Math.min(...steps)).toBe(2);
  expect(Math.max(...steps)).toBe(16);
  expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeCloseTo(9, 0);
});

test("the whole range serves one destination, and serves another one again", () => {
  const { connect } = host(40_000, 40_099);
  const first = Array.from({ length: 100 }, () => connect(2));
  expect(new Set(first).size).toBe(100);
  expect(first.slice(0, 50).every((port) => port % 2 === 0)).toBe(true);
  expect(connect(2)).toBe(0);
  const second = Array.from({ length: 100 }, () => connect(3));
  expect(new Set(second).size).toBe(100);
});

test("two destinations share as many ports of the default range as was measured on Linux: about 609 to 669 of 3000", () => {
  const { connect } = host(32_768, 60_999);
  const first = new Set(Array.from({ length: 3000 }, () => connect(2)));
  const shared = Array.from({ length: 3000 }, () => connect(3)).filter((port) => first.has(port)).length;
  expect(shared).toBeGreaterThan(450);
  expect(shared).toBeLessThan(850);
});
