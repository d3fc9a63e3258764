import type { Command } from "commander";

/** `lab`: list, doctor, run, compare. */
export function addLabCommands(program: Command, done: (exitCode: number) => void): void {
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
    .option("--proxy <software>", "of an application balancer: nginx (default), haproxy or nghttpx")
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
