import type { Explanation } from "../incident/explanation.ts";
import { explanationDocument } from "./document.ts";
import { jsonText } from "./json-text.ts";

/** The explanation as JSON, indented for people, ending with a newline. */
export function renderJson(explanation: Explanation): string {
  return `${jsonText(explanationDocument(explanation), 2)}\n`;
}
