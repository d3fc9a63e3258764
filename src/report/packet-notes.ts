import type { Explanation } from "../incident/explanation.ts";
import { printable } from "../net/printable.ts";
import { shortNames, withShortNames } from "./short-names.ts";
import { causeOf, culprit, isDecided, verdictOf } from "./verdict.ts";

/** What an explanation says about packets: the part of it, as data or as a document, that notes are made of. */
export interface NotedExplanation {
  readonly inputs: readonly { readonly file: string }[];
  readonly incidents: readonly {
    readonly id: string;
    readonly cause: string;
    readonly confidence: string;
    readonly evidence: readonly NotedEvidence[];
  }[];
  readonly notes: readonly { readonly kind: string; readonly evidence: readonly NotedEvidence[] }[];
}

interface NotedEvidence {
  readonly file: string;
  readonly packet?: number | undefined;
  readonly shows: string;
  readonly story?: number;
}

/** What is said about one packet. */
interface Noted {
  readonly packet: number;
  readonly text: string;
}

/**
 * What to write on the packets of `file`: a line for each incident and note that has the packet in its
 * evidence, with its place in the story, which may run through several captures.
 */
export function packetNotes(explanation: NotedExplanation, file: string): Noted[] {
  const short = shortener(explanation.inputs.map((input) => input.file));
  const told: Noted[] = [];
  const tell = (title: string, evidence: readonly NotedEvidence[]): void => {
    for (const [number, story] of stories(evidence).entries()) {
      for (const [step, item] of story.entries()) {
        if (item.file !== file || item.packet === undefined) continue;
        const which = number === 0 ? "" : `, loss ${number + 1}`;
        const place = story.length === 1 ? "" : `, step ${step + 1} of ${story.length}`;
        told.push({ packet: item.packet, text: printable(`halfopen ${title}${which}${place}: ${short(item.shows)}`) });
      }
    }
  };
  for (const { id, cause, confidence, evidence } of explanation.incidents) {
    tell(cause === "inconclusive" ? `${id} ${cause}` : `${id} ${cause} (${confidence})`, evidence);
  }
  for (const { kind, evidence } of explanation.notes) tell(`note ${kind} (harmless)`, evidence);
  return told;
}

/** Incidents told one by one in a capture's comment; Wireshark shows it in a small window. */
const MOST_INCIDENTS = 20;

/** What to write on an annotated capture as a whole: the verdict, then each incident. */
export function captureComment(explanation: Explanation, version: string): string {
  const { incidents } = withShortNames(explanation);
  const { badge, line } = verdictOf(explanation);
  const lines = [`halfopen ${version}: ${badge} ${line}`];
  for (const incident of incidents.slice(0, MOST_INCIDENTS)) {
    const who = isDecided(incident) ? `${causeOf(incident)}, ${culprit(incident)}` : causeOf(incident);
    lines.push(`${incident.id} ${who}: ${incident.summary}`);
  }
  const left = incidents.length - MOST_INCIDENTS;
  if (left > 0) lines.push(`and ${left} more`);
  lines.push('The packets that show it: frame.comment contains "halfopen"');
  return lines.map(printable).join("\n");
}

function stories(evidence: readonly NotedEvidence[]): NotedEvidence[][] {
  const byStory = new Map<number, NotedEvidence[]>();
  for (const item of evidence) {
    const story = byStory.get(item.story ?? 0);
    if (story === undefined) byStory.set(item.story ?? 0, [item]);
    else story.push(item);
  }
  return [...byStory.values()];
}

/** Puts short names of files in place of their paths. */
function shortener(files: readonly string[]): (text: string) => string {
  const nameOf = shortNames(files);
  // Longer paths first, in case one continues another.
  const paths = files.filter((file) => file.includes("/") && nameOf(file) !== file);
  paths.sort((a, b) => b.length - a.length);
  return (text) => paths.reduce((told, path) => told.replaceAll(path, nameOf(path)), text);
}
