import { Command, CommanderError } from "commander";
import { packageVersion } from "../package-version.ts";
import { addCheckCommands } from "./add-check-commands.ts";
import { addExplainCommands } from "./add-explain-commands.ts";
import { addFleetCommands } from "./add-fleet-commands.ts";
import { addLabCommands } from "./add-lab-commands.ts";
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
  addExplainCommands(program, done);
  addCheckCommands(program, done);
  addFleetCommands(program, done);
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
  halfopen calibrate rolling-update-imbalance --half-life 3m --reconnects-per-second 5
                                                 which goaway-chance is enough, and not too much
  halfopen lab run silent-idle-drop              the incident itself, on this machine's kernel

Exit code: 0 nothing was lost (check: safe; calibrate: a chance meets the targets), 1 something was (unsafe; none does), 2 it could not run.`;
