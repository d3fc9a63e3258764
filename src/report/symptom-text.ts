import type { SymptomMatch } from "../log/symptoms.ts";
import { heading, labelled, paragraph, type Sheet } from "./page.ts";
import { paletteOf } from "./palette.ts";

/** Symptoms told whole; a longer list is no answer. */
const MOST_WHOLE = 2;
const MOST_NAMED = 5;

/** What an error message can mean: the causes in order, how to tell them apart, what to capture. */
export function renderSymptoms(
  found: readonly SymptomMatch[],
  options: { readonly width: number; readonly colour: boolean },
): string {
  const sheet: Sheet = { width: options.width, palette: paletteOf(options.colour) };
  if (found.length === 0) return `${unknown(sheet).join("\n")}\n`;
  const lines = found.slice(0, MOST_WHOLE).flatMap((match) => [...whole(sheet, match), ""]);
  const others = found.slice(MOST_WHOLE, MOST_NAMED).map(({ symptom }) => symptom.title);
  if (others.length > 0) lines.push(...labelled(sheet, "also there", others.join("; ")), "");
  lines.push(...paragraph(sheet, "A message alone decides nothing. Bring a capture: halfopen explain trouble.pcap"));
  return `${lines.join("\n")}\n`;
}

function whole(sheet: Sheet, { symptom, matched }: SymptomMatch): string[] {
  const lines = [heading(sheet, symptom.title), ...labelled(sheet, "found", `"${matched}"`)];
  lines.push(...labelled(sheet, "means", symptom.meaning), "", ...paragraph(sheet, "It can be, the likeliest first:"));
  for (const [i, { cause, tell }] of symptom.causes.entries()) {
    lines.push(...labelled(sheet, `${i + 1}. ${cause}`, tell, 28));
  }
  lines.push("", ...paragraph(sheet, "To decide it next time, capture:"));
  for (const { where, command } of symptom.capture) {
    lines.push(...paragraph(sheet, `${where}:`), ...paragraph(sheet, command, 6));
  }
  lines.push("", ...labelled(sheet, "told in", symptom.sources.join(" ")));
  return lines;
}

function unknown(sheet: Sheet): string[] {
  return [
    heading(sheet, "No such message in the dictionary"),
    ...paragraph(
      sheet,
      "None of the messages of lost connections that are known here stands in the text. A capture tells more than a message: tcpdump -ni any -s 128 -w trouble.pcap tcp",
    ),
  ];
}
