import { type Command, Option } from "commander";
import { colorOption, colourOption, repeatable } from "./program-options.ts";

/** `simulate` and `calibrate`. */
export function addFleetCommands(program: Command, done: (exitCode: number) => void): void {
  program
    .command("simulate")
    .description(
      "run a scenario in memory: connections, requests, losses and NotReady nodes over time, with each mitigation",
    )
    .argument("[scenario...]", "a built-in one's name (--list), a YAML file, or with --merge the parts to join")
    .option("--list", "list the built-in scenarios and their variants")
    .option("--variant <name...>", "run these variants too")
    .option("--all-variants", "run every variant too")
    .option("--no-base", "leave out the scenario as it is")
    .option("--seeds <n>", "run seeds 1 to n (default: 10)")
    .option("--seed <s>", "run this seed only")
    .option("--duration <time>", "how long to simulate, for instance 2h (default: the scenario's)")
    .option("--days <n>", "the same in days")
    .addOption(
      new Option("--detail <detail>", "full: every request; thinned: skip those that decide nothing")
        .choices(["auto", "full", "thinned"])
        .default("auto"),
    )
    .addOption(repeatable("--set <path=value>", "change the scenario and its variants: network.servers.count=7"))
    .addOption(repeatable("--sweep <path=a,b,…>", "run it with each of these values"))
    .option("--step <time>", "how far apart the values of a series are (default: at most 3600 of them)")
    .option(
      "--shard <i/n>",
      "run one of n parts, counted from 0 (job/n: as JOB_COMPLETION_INDEX says), and print it as JSON",
    )
    .option("--merge", "join the parts that --shard printed")
    .option("--workers <n>", "threads (default: as many as the machine runs at once); the result is the same")
    .option("--write <folder>", "write captures of the first seed, and the logs that were printed")
    .addOption(repeatable("--tap <host>", "capture only at these hosts (default: every one that --write knows)"))
    .addOption(
      new Option("--format <format>", "how to print it (default: text)").choices(["text", "json", "csv", "html"]),
    )
    .option("-o, --output <file>", "write it to a file in place of standard output")
    .addOption(colourOption())
    .addOption(colorOption())
    .option("--width <columns>", "columns of the text, at least 72 (default: the terminal's)")
    .option("-q, --quiet", "print only the verdict, show no progress")
    .action(async (names: string[], options) => {
      const { simulateCommand } = await import("./simulate-command.ts");
      done(await simulateCommand(names, options));
    });
  program
    .command("calibrate")
    .description("find the goaway-chance that balances a fleet fast enough and costs little enough")
    .argument("<scenario>", "a built-in one's name (halfopen simulate --list), or a YAML file")
    .option("--half-life <time>", "half of a rolling update's imbalance is gone after at most this")
    .option("--balanced <time>", "the fullest server has at most 10 % more than the mean after at most this")
    .option("--collisions <share>", "new connections that meet their own port at the target, at most: 1%")
    .option("--collisions-per-hour <n>", "the same, counted in an hour of the fleet")
    .option("--reconnects-per-second <n>", "handshakes that the filter costs each server, at most")
    .option("--not-ready-minutes <n>", "minutes a day that nodes are NotReady, at most, added up over nodes")
    .option("--variant <name>", "calibrate this variant of the scenario")
    .addOption(repeatable("--set <path=value>", "change the scenario: network.servers.count=7"))
    .option("--duration <time>", "how long each run is (default: the scenario's)")
    .addOption(
      new Option(
        "--detail <detail>",
        "full: every request; thinned: skip those that decide nothing (auto: where that can be)",
      )
        .choices(["auto", "full", "thinned"])
        .default("auto"),
    )
    .option("--chances <a,b,…>", "chances of the curve (default: 9 from 0.00005 to 0.02)")
    .option("--seeds <n>", "seeds of each point at first (default: 8)")
    .option("--most-seeds <n>", "and at most, where they do not decide (default: 64)")
    .option("--workers <n>", "threads (default: as many as the machine runs at once); the result is the same")
    .addOption(
      new Option("--format <format>", "how to print it").choices(["text", "json", "csv", "html"]).default("text"),
    )
    .option("-o, --output <file>", "write it to a file in place of standard output")
    .addOption(colourOption())
    .addOption(colorOption())
    .option("--width <columns>", "columns of the text, at least 72 (default: the terminal's)")
    .option("-q, --quiet", "print only the verdict, show no progress")
    .action(async (scenario: string, options) => {
      const { calibrateCommand } = await import("./calibrate-command.ts");
      done(await calibrateCommand(scenario, options));
    });
}
