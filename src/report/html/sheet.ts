import type { Explanation, Incident, InputReport } from "../../incident/explanation.ts";
import { type Content, type Html, html } from "./markup.ts";

/** What the parts of a page share. */
export interface Sheet {
  readonly explanation: Explanation;
  /** The shortest name that still tells a file from the others. */
  readonly nameOf: (file: string) => string;
}

/** Whose side something belongs to: it decides the colour. */
export type Role = "client" | "middle" | "server" | "log";

/** The side on which a capture was taken; `middle` also when nothing tells. Logs are on no side. */
export function roleOf(inputs: readonly InputReport[], file: string): Role {
  const found = inputs.find((input) => input.file === file);
  if (found?.entries !== undefined) return "log";
  const vantage = found?.vantage;
  return vantage === "client" || vantage === "server" ? vantage : "middle";
}

/** A part of an incident with its heading, or nothing without content. */
export function part(title: string, content: Content): Html | undefined {
  if (content === undefined || content === false) return undefined;
  return html`<section class="part"><h3>${title}</h3>${content}</section>`;
}

/** What can be copied as it stands: one click selects it whole. */
export function codeBox(text: string, label: string): Html {
  return html`<pre class="code" tabindex="0" aria-label="${label}"><code>${text}</code></pre>`;
}

/** `client.pcap`, in the colour of its side. */
export function chip(sheet: Sheet, file: string): Html {
  return html`<span class="chip ${roleOf(sheet.explanation.inputs, file)}">${sheet.nameOf(file)}</span>`;
}

/** A number for an incident that can stand in an id. */
export function keyOf(incident: Incident): string {
  return incident.id.replace(/[^a-z0-9-]/gi, "");
}

/** An endpoint that may be broken before its port, rather than within it. */
export function endpointText(name: string): Html {
  const port = name.lastIndexOf(":");
  return port > 0 ? html`${name.slice(0, port)}<wbr>${name.slice(port)}` : html`${name}`;
}
