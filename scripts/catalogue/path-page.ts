import { SETTINGS, type SettingSide } from "../../src/path/setting.ts";

const SIDES: Readonly<Record<SettingSide, string>> = {
  client: "Connections that it accepts",
  server: "Connections that it opens",
  both: "Balancers and boxes",
  host: "The machine under a hop",
  detector: "Failure detectors",
};

/** The tables of settings for docs/path-yaml.md. */
export function settingTables(): string {
  return (Object.keys(SIDES) as SettingSide[])
    .map((side) => {
      const rows = Object.entries(SETTINGS)
        .filter(([, meaning]) => meaning.side === side)
        .map(
          ([key, { unit, means }]) =>
            `| \`${key.replace(/Ms$/, "")}\` | ${unit === "ms" ? "duration" : unit} | ${means} |`,
        );
      return [`### ${SIDES[side]}`, "", "| setting | value | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
    })
    .join("\n");
}

/** A page with its generated part made anew. */
export const withTables = (page: string): string =>
  page.replace(
    /(<!-- settings -->\n)[\s\S]*(<!-- \/settings -->)/,
    (_, begin: string, end: string) => `${begin}\n${settingTables()}\n${end}`,
  );
