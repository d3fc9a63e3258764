import { Command, CommanderError, Option } from "commander";
import { packageVersion } from "../package-version.ts";
import { CANNOT_RUN, reportFailure } from "./failure.ts";

/**
 * The command line: takes the arguments after the program's name, writes to standard output and
 * error, gives the exit code. 0: nothing was lost; 1: something was; 2: it could not run.
 * What a command needs is loaded only when it is chosen, since starting is most of a short run.
 */
export async function run(argv: readonly string[]): Promise<number> {
  let code = 0;
  const program = programFor((exit) => {
    code = exit;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : CANNOT_RUN;
    return reportFailure(error, argv);
  }
}

function programFor(done: (exitCode: number) => void): Command {
  const program = new Command("halfopen")
    .description("Finds out who dropped the connection, and proves it, from packet captures.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .showHelpAfterError("(halfopen --help says what it takes)");
  program
    .command("explain")
    .description("explain every lost connection in captures: who, how, when, and the packets that prove it")
    .argument("[evidence...]", "captures, folders with captures, or - for standard input")
    .addOption(
      new Option("--format <format>", "how to print it").choices(["text", "json", "markdown", "html"]).default("text"),
    )
    .option("-o, --output <file>", "write it to a file in place of standard output")
    .addOption(colourOption())
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
    .option("--width <columns>", "columns of the text, at least 72 (default: the terminal's)")
    .option("-q, --quiet", "print only the verdict, show no progress")
    .option("--symptom <text>", "without evidence: what an error message can mean (- reads it from standard input)")
    .option("--annotate <folder>", "write a copy of each capture there, as pcapng with the findings as packet comments")
    .option("--keep-secrets", "copy decryption secrets of pcapng too (they are left out)")
    .option("--force", "replace annotated copies that are already there")
    .action(async (paths: string[], options) => {
      if (options.symptom !== undefined) {
        const { symptomCommand } = await import("./symptom-command.ts");
        return done(await symptomCommand(options.symptom, paths, options));
      }
      const { explainCommand } = await import("./explain-command.ts");
      done(await explainCommand(paths, options));
    });
  program
    .command("flows")
    .description("list every TCP connection that captures saw, with what is notable in each")
    .argument("<capture...>", "captures, or - for standard input")
    .addOption(new Option("--format <format>", "how to print it").choices(["text", "json", "csv"]).default("text"))
    .addOption(colourOption())
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
    .option("--endpoint <address[:port]>", "only connections of this address, or :port")
    .option("--state <state>", "only connections that ended so (open, closed, reset, …)")
    .option("--event <name>", "only connections with such an event (retransmission, rst, silence, …)")
    .option("--stream <n>", "only this tcp.stream")
    .option("--limit <n>", "stop after so many")
    .option("--summary", "print the totals only")
    .action(async (paths: string[], options) => {
      const { flowsCommand } = await import("./flows-command.ts");
      done(await flowsCommand(paths, options));
    });
  program
    .command("frames")
    .description(
      "list what was said in connections: HTTP/2 frames, HTTP/1 messages, TLS messages; decrypted with a key log",
    )
    .argument("<capture...>", "captures, or - for standard input")
    .addOption(new Option("--format <format>", "how to print it").choices(["text", "json"]).default("text"))
    .addOption(colourOption())
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
    .option("--stream <n>", "only this tcp.stream")
    .option("--keylog <file...>", "TLS secrets as SSLKEYLOGFILE has them; secrets in a pcapng are used anyway")
    .option("--records", "list TLS records too")
    .action(async (paths: string[], options) => {
      const { framesCommand } = await import("./frames-command.ts");
      done(await framesCommand(paths, options));
    });
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
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
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
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
    .action(async (words: string[], options) => {
      const { catalogueCommand } = await import("./catalogue-command.ts");
      done(await catalogueCommand(words, options));
    });
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
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
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
    .addOption(new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]))
    .option("--width <columns>", "columns of the text, at least 72 (default: the terminal's)")
    .option("-q, --quiet", "print only the verdict, show no progress")
    .action(async (scenario: string, options) => {
      const { calibrateCommand } = await import("./calibrate-command.ts");
      done(await calibrateCommand(scenario, options));
    });
  program
    .command("signatures")
    .description("list the ways a connection is lost that can be told apart, or print the page of one")
    .argument("[id]", "for instance keep-alive-race")
    .action(async (id: string | undefined) => {
      const { signaturesCommand } = await import("./signatures-command.ts");
      done(await signaturesCommand(id));
    });
  addLabCommands(program, done);
  return program;
}

/** An option that may be given several times. */
const repeatable = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);

function addLabCommands(program: Command, done: (exitCode: number) => void): void {
  const lab = program
    .command("lab")
    .description("reproduce an incident on a real Linux kernel, in namespaces of its own");
  lab
    .command("list")
    .description("list the scenarios and their variants")
    .action(async () => done((await import("./lab-command.ts")).labListCommand()));
  lab
    .command("doctor")
    .description("say what this machine has for the lab and lacks, and the one command that installs it")
    .action(async () => done((await import("./lab-command.ts")).labDoctorCommand()));
  lab
    .command("run")
    .description("run a scenario, capture it everywhere, explain the captures, and compare that with what was done")
    .argument("<scenario>", "a name of the list, or a scenario's file")
    .option("--variant <name>", "one of its variants, for instance a mitigation")
    .option("--seed <n>", "seed of what is left to chance")
    .option(
      "--time-scale <factor>",
      "times of programs and balancers are divided by it (default: so that a run takes less than a minute; 1: real time)",
    )
    .option("--write <folder>", "leave the evidence there as a user would bring it, and the truth beside it")
    .option("--keep", "leave the run's own folder with everything in it, and say where")
    .option("-q, --quiet", "print only the outcome")
    .action(async (name: string, options) =>
      done(await (await import("./lab-command.ts")).labRunCommand(name, options)),
    );
  lab
    .command("compare")
    .description("run a scenario and each of its variants one after the other, and print a table")
    .argument("<scenario>", "a name of the list, or a scenario's file")
    .option("--variant <name...>", "only these, besides the scenario itself")
    .option("--seed <n>", "seed of what is left to chance")
    .option("--time-scale <factor>", "as in lab run")
    .option("-o, --output <file>", "write a page with the figures of this run (HTML)")
    .option("-q, --quiet", "show no progress")
    .action(async (name: string, options) =>
      done(await (await import("./lab-command.ts")).labCompareCommand(name, options)),
    );
}

const colourOption = (): Option =>
  new Option("--colour <when>", "colours: auto when standard output is a terminal (see NO_COLOR, FORCE_COLOR)")
    .choices(["auto", "always", "never"])
    .default("auto");

const EXAMPLES = `
Examples:
  halfopen explain client.pcap                   who dropped the connection?
  halfopen explain client.pcap target.pcap       the same, seen from both ends
  halfopen explain evidence/ --format markdown   for a ticket
  halfopen explain evidence/ --format html --output report.html
                                                 one page with pictures, to open, send or print
  halfopen explain *.pcap --annotate marked/     the findings as comments, for Wireshark
  tcpdump -w - tcp | halfopen explain -          from a pipe, once it ends
  halfopen flows trouble.pcap --state reset      every connection that was reset
  halfopen explain --symptom 'read: connection reset by peer'   what can that mean?
  halfopen frames trouble.pcap --keylog k.log    every HTTP/2 frame, GOAWAY and PING among them
  halfopen signatures keep-alive-race            what that means and how to stop it
  halfopen check path.yaml --fix                 where can a connection go half-open, and what to change
  halfopen catalogue nginx keepalive             timeouts and what happens when they expire
  halfopen simulate goaway-behind-network-balancer --all-variants
                                                 what would happen to the fleet, and what each mitigation changes
  halfopen calibrate goaway-behind-network-balancer --half-life 10m --collisions 1%
                                                 which goaway-chance is enough, and not too much
  halfopen lab run silent-idle-drop              the incident itself, on this machine's kernel

Exit code: 0 nothing was lost (check: safe; calibrate: a chance meets the targets), 1 something was (unsafe; none does), 2 it could not run.`;
