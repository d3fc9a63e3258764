import { describe, expect, test } from "vitest";
import { loadScenario } from "../scenario-files.ts";
import { changeOf, parseSetting } from "./settings.ts";

const NAME = "goaway-behind-network-balancer";
const changed = (...settings: string[]) =>
  loadScenario(NAME, changeOf(settings.map((text) => parseSetting("--set", text))));

describe("settings of a command line", () => {
  test("change the scenario and every variant, after what these change themselves", async () => {
    const { durationMs, network, variants } = await changed("duration=90s", "network.servers.goaway.chance=0.003");
    expect([durationMs, network.servers.goaway.chance]).toEqual([90_000, 0.003]);
    expect(Object.keys(variants)).toContain("chance-low");
    for (const { scenario } of Object.values(variants)) {
      expect([scenario.durationMs, scenario.network.servers.goaway.chance]).toEqual([90_000, 0.003]);
    }
  });

  test("leave defaults to follow from what is set", async () => {
    expect((await changed()).network.kubernetes?.nodeMonitorGraceMs).toBe(40_000);
    expect((await changed('network.kubernetes.version="1.33"')).network.kubernetes?.nodeMonitorGraceMs).toBe(50_000);
  });

  test("the later of two wins", async () => {
    expect((await changed("network.servers.count=7", "network.servers.count=3")).network.servers.count).toBe(3);
  });

  test.each([
    ["network.cleints=3", /cleints.*did you mean clients/],
    ["network.servers.count=many", /network\.servers\.count/],
    ["network.servers.goaway.chance=0.5", /0\.02/],
    ["network.servers=3", /network\.servers/],
    ["__proto__.polluted=1", /there is no '__proto__'|no such/],
  ])("%s is refused, by its path", async (setting, message) => {
    await expect(changed(setting)).rejects.toThrow(message);
    expect({}).not.toHaveProperty("polluted");
  });

  test.each(["count", "=3", "a b=3", "a..b=3", "story=[1, 2]", "a={b: 1}", "a=*x"])("%j is no setting", (text) => {
    expect(() => parseSetting("--set", text)).toThrow(/--set was given/);
  });
});
