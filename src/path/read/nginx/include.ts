import type { ReadOptions } from "../../reader.ts";
import { LIMITS } from "../limits.ts";
import { type Reading, shown } from "../reading.ts";
import type { Directive } from "./directive.ts";
import { parseNginx } from "./parse.ts";

/** Files of nginx's own packages that hold no timeouts. */
const HARMLESS =
  /(?:^|\/)(?:mime\.types|fastcgi_params|fastcgi\.conf|uwsgi_params|scgi_params|modules-enabled\/\*\.conf|koi-.*|win-utf)$/;

/** Parses a file and puts what it includes in the place of each `include`. */
export class Includer {
  readonly #reading: Reading;
  readonly #options: ReadOptions;
  #files = 0;
  #characters = 0;

  constructor(reading: Reading, options: ReadOptions) {
    this.#reading = reading;
    this.#options = options;
  }

  load(file: string, text: string, above: readonly string[] = []): readonly Directive[] {
    const { directives, problems } = parseNginx(file, text);
    for (const { line, says } of problems) this.#reading.problem("malformed", line, says, { file });
    return this.#expand(directives, [...above, file]);
  }

  #expand(directives: readonly Directive[], above: readonly string[]): readonly Directive[] {
    return directives.flatMap((directive) => {
      if (directive.name === "include" && directive.block === undefined) return this.#include(directive, above);
      return directive.block === undefined
        ? [directive]
        : [{ ...directive, block: this.#expand(directive.block, above) }];
    });
  }

  #include({ args, file, line }: Directive, above: readonly string[]): readonly Directive[] {
    const path = args[0] ?? "";
    const found = this.#found(path, { file, line }, above);
    if (path.startsWith("/") && found.length > 0)
      this.#reading.assume(line, `include "${shown(path)}": taken from among the files that were given`, file);
    return found;
  }

  #found(
    path: string,
    { file, line }: Pick<Directive, "file" | "line">,
    above: readonly string[],
  ): readonly Directive[] {
    if (!/[*?[]/.test(path)) return this.#file(path, { file, line }, above);
    const paths = this.#options.expand?.(path);
    if (paths === undefined) this.#missing(path, line, file);
    else if (paths.length === 0) this.#reading.ignore(line, `include "${shown(path)}": no file matches`, file);
    return paths?.flatMap((one) => this.#file(one, { file, line }, above)) ?? [];
  }

  #file(
    path: string,
    { file, line }: Pick<Directive, "file" | "line">,
    above: readonly string[],
  ): readonly Directive[] {
    if (above.includes(path)) {
      this.#reading.problem("include-loop", line, `includes "${shown(path)}", which includes this file`, { file });
      return [];
    }
    if (++this.#files > LIMITS.includes || above.length > 16) {
      this.#reading.problem("too-large", line, `more files are included than are read; "${shown(path)}" was left out`, {
        file,
      });
      return [];
    }
    const text = this.#options.include?.(path);
    if (text === undefined) {
      this.#missing(path, line, file);
      return [];
    }
    this.#characters += text.length;
    if (this.#characters > LIMITS.text) {
      this.#reading.problem("too-large", line, `included files are too long; "${shown(path)}" was left out`, { file });
      return [];
    }
    return this.load(path, text, above);
  }

  #missing(path: string, line: number, file: string): void {
    if (HARMLESS.test(path)) return;
    this.#reading.problem(
      "missing-include",
      line,
      `include "${shown(path)}": not given, or outside the folder of the checked file: what it sets is not known`,
      {
        level: "warning",
        file,
      },
    );
  }
}
