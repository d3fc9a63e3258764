import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulate } from "../../src/fleet/simulate.ts";
import { examine } from "../../src/lab/doctor.ts";
import { runAndExplain } from "../../src/lab/run-and-explain.ts";
import { FIN, RST, SYN } from "../../src/net/tcp-flags.ts";
import { adapt, type Story, timeScaleOf } from "../../src/netns/adapt.ts";
import { readScenarioFile } from "../../src/scenario-files.ts";
import { type SeenSegment, segmentsOf, stepsFrom } from "../helpers/packet-steps.ts";

/**
 * The same story in the simulator and on the kernel, packet by packet around each loss: who, which flags, which numbers (by their meaning), in
 * which order. What differs is in docs/decisions/0016, and here by name.
 */
const { canRun } = examine();
const SEEDS = [1, 2, 3, 4, 5, 6];

/** How often each sequence was seen, by what it is a sequence of. */
type Seen = Map<string, Map<string, number>>;

describe.skipIf(!canRun)("simulator and kernel", () => {
  test.concurrent("a collision, at the client and at the server, and what the older connection hears next", {
    retry: 1,
  }, async () => {
    const { kernel, simulator } = await both("goaway-behind-network-balancer", SEEDS, collisions);
    for (const place of ["client", "server"]) {
      expect(mostOften(kernel, place)).toBe(mostOften(simulator, place));
      // SYN, challenge ACK, RST, SYN, SYN-ACK, ACK.
      expect(mostOften(kernel, place).split("\n")).toHaveLength(6);
    }
    // The older connection's data meets the newer connection (a challenge with its numbers), or comes before that is made (RST).
    const heard = (seen: Seen): readonly string[] => [...(seen.get("older") ?? new Map<string, number>()).keys()];
    const expected = heard(simulator);
    expect(mostOften(kernel, "older")).toBe(mostOften(simulator, "older"));
    for (const story of heard(kernel).filter((each) => (kernel.get("older")?.get(each) ?? 0) > 1))
      expect(expected).toContain(story);
  });

  test.concurrent("a forgotten connection: data, and the RST of whoever forgot; nothing beyond it", async () => {
    const { kernel, simulator } = await both("silent-idle-drop", [1], afterSilence);
    for (const place of ["client", "server"])
      expect([...(kernel.get(place)?.keys() ?? [])]).toEqual([...(simulator.get(place)?.keys() ?? [])]);
    expect(mostOften(kernel, "client").split("\n")).toEqual([
      "it: client ACK seq before with data ack before",
      "it: server RST seq before",
    ]);
  });

  test.concurrent("a killed server: FIN on what was open, RST to who comes later", { retry: 1 }, async () => {
    const { kernel, simulator } = await both("server-killed", SEEDS, kill);
    expect(mostOften(kernel, "refused")).toBe(mostOften(simulator, "refused"));
    const first = (seen: Seen): ReadonlySet<string> =>
      new Set([...(seen.get("open")?.keys() ?? [])].map((story) => story.split("\n")[0] ?? ""));
    const fin = "it: server FIN, ACK seq before ack before";
    expect(first(simulator)).toEqual(new Set([fin]));
    expect(first(kernel)).toContain(fin);
    for (const step of first(kernel)) expect([fin, UNREAD]).toContain(step);
    // Difference: the kernel's clients speak TLS, and what they say after the FIN is answered with RST.
    for (const story of kernel.get("open")?.keys() ?? [])
      if (story.startsWith(fin) && story.includes("with data")) expect(story).toContain("server RST");
  });
});

/** Difference: what the process had not read when it was killed makes its kernel reset in place of FIN (tcp_close, TCPAbortOnClose). */
const UNREAD = "it: server RST, ACK seq before ack before";

async function both(
  name: string,
  seeds: readonly number[],
  read: (folder: string, into: Seen, scenario: Story) => Promise<void>,
): Promise<{ readonly kernel: Seen; readonly simulator: Seen }> {
  const story = readScenarioFile(name);
  const { scenario } = adapt(story, timeScaleOf(story), 60_000);
  const kernel: Seen = new Map();
  const experiment = await runAndExplain(story, {});
  try {
    await read(experiment.run.evidence, kernel, scenario);
  } finally {
    experiment.run.close();
  }
  const simulator: Seen = new Map();
  for (const seed of seeds) {
    const folder = mkdtempSync(join(tmpdir(), "parity-"));
    try {
      simulate(scenario, { seed, taps: { write: (file, bytes) => appendFileSync(join(folder, file), bytes) } });
      await read(folder, simulator, scenario);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { kernel, simulator };
}

const capturesOf = (folder: string, kind: RegExp): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".pcap") && kind.test(file))
    .map((file) => join(folder, file));

function note(seen: Seen, place: string, steps: readonly string[]): void {
  const stories = seen.get(place) ?? new Map<string, number>();
  seen.set(place, stories);
  const story = steps.join("\n");
  stories.set(story, (stories.get(story) ?? 0) + 1);
}

function mostOften(seen: Seen, place: string): string {
  const [first] = [...(seen.get(place) ?? [])].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? "";
}

async function collisions(folder: string, seen: Seen): Promise<void> {
  const client = (await Promise.all(capturesOf(folder, /controller-manager/).map(segmentsOf))).flat();
  for (const file of capturesOf(folder, /^server/)) {
    const server = await segmentsOf(file);
    for (const challenge of server.filter(({ notes }) => notes.includes("challengeAck"))) {
      const same = server.filter((segment) => segment.client === challenge.client);
      const syn = same.filter(({ packet }) => packet < challenge.packet).at(-1);
      if (syn === undefined || syn.flags !== SYN) continue;
      const mine = client.filter((segment) => segment.client === syn.client);
      const sent = mine.find(({ flags, seq }) => flags === SYN && seq === syn.seq);
      if (sent === undefined) continue;
      const older = mine.filter(({ packet, server: to }) => packet < sent.packet && to !== sent.server).at(-1);
      if (older === undefined) continue;
      const steps = stepsFrom(mine, sent.packet, ({ server: to }) => (to === sent.server ? "newer" : "older"));
      note(seen, "client", steps.slice(0, 6));
      note(seen, "server", stepsFrom(same, syn.packet, () => "it").slice(0, 6));
      // What it said after the RST came to a server that had given it up; what it said before may have been answered still.
      const reset = steps.findIndex((step) => step.startsWith("newer: client RST"));
      const heard = reset < 0 ? [] : steps.slice(reset).filter((step) => step.startsWith("older"));
      const spoke = heard.indexOf("older: client ACK seq before with data ack before");
      const answer = heard.slice(spoke + 1).find((step) => step.startsWith("older: server"));
      if (spoke >= 0 && answer !== undefined) note(seen, "older", [heard[spoke] ?? "", answer]);
    }
  }
}

/** Where the clients begin again after their quiet time, which is much longer than they are otherwise silent. */
async function afterSilence(folder: string, seen: Seen, { story }: Story): Promise<void> {
  const quietMs = Math.max(...story.map((happening) => (happening.what === "quiet" ? happening.forMs : 0)));
  for (const [place, kind] of [
    ["client", /gateway/],
    ["server", /^server/],
  ] as const)
    for (const file of capturesOf(folder, kind))
      for (const flow of flowsOf(await segmentsOf(file))) {
        const first = flow.find(({ time }, i) => time - (flow[i - 1]?.time ?? time) > quietMs * 0.8e6);
        if (first !== undefined)
          note(
            seen,
            place,
            stepsFrom(flow, first.packet, () => "it"),
          );
      }
}

async function kill(folder: string, seen: Seen): Promise<void> {
  for (const file of capturesOf(folder, /^server/))
    for (const flow of flowsOf(await segmentsOf(file))) {
      const end = flow.find(({ from, flags }) => from === "server" && (flags & (FIN | RST)) !== 0);
      const [first] = flow;
      if (end === undefined || first === undefined) continue;
      // Health checks come and go with a few packets.
      if (flow.length > MOST_OF_A_CHECK && !flow.some((one) => one.packet < end.packet && (one.flags & FIN) !== 0))
        note(seen, "open", stepsFrom(flow, end.packet, () => "it").slice(0, 4));
      else if (flow.length === 2 && first.flags === SYN)
        note(
          seen,
          "refused",
          stepsFrom(flow, first.packet, () => "it"),
        );
    }
}

const MOST_OF_A_CHECK = 20;

const flowsOf = (segments: readonly SeenSegment[]): readonly (readonly SeenSegment[])[] => [
  ...Map.groupBy(segments, ({ client, server }) => `${client} ${server}`).values(),
];
