import { printable } from "../../net/printable.ts";
import { jsonText } from "../json-text.ts";

/*
 * Markup that cannot be forged by text: `html` is the only way to make it, escapes whatever is put
 * into it that is not markup itself, and the page's printer takes nothing else. So no caller can
 * forget to escape: text that was not escaped does not compile into a page.
 */

/** A piece of a page. Only `html` makes one. */
export type Html = Markup;

/** What may stand in a template: markup as it is, everything else as text. `undefined` and `false` are nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[];

/** Markup written in the source, with contents that are escaped: html`<b title="${name}">${name}</b>`. Attributes are always quoted. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  let text = parts[0] ?? "";
  contents.forEach((content, i) => {
    text += textOf(content) + (parts[i + 1] ?? "");
  });
  return new Markup(text);
}

/**
 * Data for a page's own script: JSON in an element that is not run, with every sign written as an escape that could end the element or begin
 * a comment in it (HTML Standard §4.12.1.3).
 */
export function jsonScript(id: string, value: unknown): Html {
  const text = jsonText(value).replace(/[<>&]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return new Markup(`<script type="application/json" id="${escapeHtml(id)}">${text}</script>`);
}

/** The characters of a piece of markup. */
export function printHtml(markup: Html): string {
  return markup.text;
}

/** Text that neither ends an element's text nor a quoted attribute; what would reorder or hide text is made visible first. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (sign) => ENTITIES[sign] ?? sign);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }
}

function textOf(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "string") return escapeHtml(content);
  if (typeof content === "number") return String(content);
  return content.map(textOf).join("");
}
