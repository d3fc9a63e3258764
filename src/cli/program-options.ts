import { Option } from "commander";

/** What every command that prints in colours takes. */
export const colourOption = (): Option =>
  new Option("--colour <when>", "colours: auto when standard output is a terminal (see NO_COLOR, FORCE_COLOR)")
    .choices(["auto", "always", "never"])
    .default("auto");

/** The same as others spell it; not in the help. */
export const colorOption = (): Option => new Option("--color <when>").hideHelp().choices(["auto", "always", "never"]);

/** An option that may be given several times. */
export const repeatable = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
