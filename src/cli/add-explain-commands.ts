import { type Command, Option } from "commander";
import { colorOption, colourOption } from "./program-options.ts";

/** `explain`, and what looks at the same evidence: `flows`, `frames`. */
export function addExplainCommands(program: Command, done: (exitCode: number) => void): void {
  program
    .command("explain")
    .description("explain every lost connection in captures: who, how, when, and the packets that prove it")
    .argument("[evidence...]", "captures, folders with captures, or - for standard input")
    .addOption(
      new Option("--format <format>", "how to print it").choices(["text", "json", "markdown", "html"]).default("text"),
    )
    .option("-o, --output <file>", "write it to a file in place of standard output")
    .addOption(colourOption())
    .addOption(colorOption())
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
    .addOption(colorOption())
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
    .addOption(colorOption())
    .option("--stream <n>", "only this tcp.stream")
    .option("--keylog <file...>", "TLS secrets as SSLKEYLOGFILE has them; secrets in a pcapng are used anyway")
    .option("--records", "list TLS records too")
    .action(async (paths: string[], options) => {
      const { framesCommand } = await import("./frames-command.ts");
      done(await framesCommand(paths, options));
    });
}
