import type { Explanation } from "../../incident/explanation.ts";
import { shortNames, withShortNames } from "../short-names.ts";
import { count, groupIncidents, groupLine, type IncidentGroup, verdictOf, worthALine } from "../verdict.ts";
import { incidentSection } from "./incident-section.ts";
import { inputsSection, notesSection } from "./inputs-section.ts";
import { type Html, html, printHtml } from "./markup.ts";
import { keyOf, type Sheet } from "./sheet.ts";
import { style } from "./style.ts";

/** Ways of losing shown whole; the rest is named. */
const MOST_GROUPS = 12;

/**
 * The explanation as one HTML page that needs nothing else: no script, no font, no picture from
 * anywhere, and a content security policy that forbids any. Ends with a newline.
 */
export function renderHtml(whole: Explanation): string {
  const explanation = withShortNames(whole);
  const sheet: Sheet = { explanation, nameOf: shortNames(explanation.inputs.map((input) => input.file)) };
  const verdict = verdictOf(explanation);
  const groups = groupIncidents(explanation.incidents);
  const shown = groups.slice(0, MOST_GROUPS);
  const left = groups.length - shown.length;
  return printHtml(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${verdict.badge}: ${verdict.line}</title>
${style()}
</head>
<body>
<svg class="defs" width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2.4" height="6"/></pattern></defs></svg>
<header class="verdict ${verdict.kind}"><p class="badge">${verdict.badge}</p><h1>${verdict.line}</h1>${groups.length > 1 && ways(shown)}</header>
<main>
${shown.map(({ first, others }) => incidentSection(sheet, first, others))}
${left > 0 && html`<p class="more">And ${count(left, "more way")} in which connections were lost: the JSON form lists them all.</p>`}
${notesSection(explanation.notes)}
${inputsSection(sheet)}
</main>
<footer>Explained by halfopen from packet captures and logs. The page is whole: it loads nothing and runs nothing. Packets are numbered as Wireshark numbers them, sequence numbers are relative.</footer>
</body>
</html>
`);
}

/** Each way of losing with how often, as links. */
function ways(groups: readonly IncidentGroup[]): Html {
  return html`<ul class="ways">${worthALine(groups).map((group) => html`<li><a href="#${keyOf(group.first)}">${groupLine(group)}</a></li>`)}</ul>`;
}
