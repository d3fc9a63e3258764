import { type Command, Option } from "commander";
import { colorOption, colourOption } from "./program-options.ts";

/** `check`, and what belongs to paths of timeouts: `path init`, `catalogue`. */
export function addCheckCommands(program: Command, done: (exitCode: number) => void): void {
  program
    .command("check")
    .description("find where a path of timeouts lets a connection go half-open, before it does")
    .argument("[files...]", "path.yaml and real configuration, folders of it, or - for standard input")
    .addOption(
      new Option("--format <format>", "how to print it").choices(["text", "json", "sarif", "junit"]).default("text"),
    )
    .option("--fix", "print the smallest set of changes that makes each path safe (changes no file)")
    .option("--in-order", "files without a path.yaml are a path in their order, the client's first")
    .option("--strict", "warnings count as errors")
    .option("--explain <rule>", "print the page of a rule (list: all of them)")
    .addOption(
      new Option("--suppress <rule[:hop,hop]=reason>", "leave findings out of the count").argParser(
        (text: string, before: string[] | undefined) => [...(before ?? []), text],
      ),
    )
    .option("-o, --output <file>", "write it to a file in place of standard output")
    .addOption(colourOption())
    .addOption(colorOption())
    .option("--width <columns>", "columns of the text, at least 72 (default: the terminal's)")
    .option("-q, --quiet", "print only a verdict for each path")
    .option("-v, --verbose", "print what was read, assumed and ignored too")
    .action(async (paths: string[], options) => {
      const { checkCommand } = await import("./check-command.ts");
      done(await checkCommand(paths, options));
    });
  program
    .command("path")
    .description("write a path.yaml for check")
    .command("init")
    .description("write one from products and configuration files, from client to server")
    .argument(
      "<hops...>",
      "files, or [id=]product[@version][:key=value,...], for instance undici aws-alb node-server@20",
    )
    .option("-o, --output <file>", "write it to a file in place of standard output")
    .option("--force", "replace a file that is already there")
    .action(async (hops: string[], options) => {
      const { pathInitCommand } = await import("./path-command.ts");
      done(await pathInitCommand(hops, options));
    });
  program
    .command("catalogue")
    .description("look up timeouts, limits and behaviours of balancers, proxies, servers, clients and kernels")
    .argument("[words...]", "words that must all occur; none: everything")
    .option("--json", "print it as JSON")
    .addOption(colourOption())
    .addOption(colorOption())
    .action(async (words: string[], options) => {
      const { catalogueCommand } = await import("./catalogue-command.ts");
      done(await catalogueCommand(words, options));
    });
}
