import type { Written } from "../reading.ts";
import type { Directive } from "./directive.ts";

/** Directives that hold at a place: those of its block, then of the blocks around it. */
export class Scope {
  readonly own: readonly Directive[];
  readonly #outer: Scope | undefined;
  readonly #byName = new Map<string, Directive[]>();

  constructor(own: readonly Directive[], outer?: Scope) {
    this.own = own;
    this.#outer = outer;
    for (const directive of own) {
      if (directive.block !== undefined) continue;
      const same = this.#byName.get(directive.name);
      if (same === undefined) this.#byName.set(directive.name, [directive]);
      else same.push(directive);
    }
  }

  /** The directive that holds here: the innermost block that has one decides (nginx merges configurations so). */
  find(name: string): Directive | undefined {
    return this.mine(name).at(-1) ?? this.#outer?.find(name);
  }

  /** Every directive of a name in this block itself. */
  mine(name: string): readonly Directive[] {
    return this.#byName.get(name) ?? [];
  }

  /** Its first argument as something written. */
  written(name: string): Written | undefined {
    const directive = this.find(name);
    return directive === undefined ? undefined : writtenOf(directive);
  }

  /**
   * The header that requests to the server carry: `proxy_set_header` of the innermost block that has any, since a block with one of
   * them inherits none (headers_source, src/http/modules/ngx_http_proxy_module.c:4138 of nginx/nginx@3f6f7824).
   */
  header(directive: string, name: string): Directive | undefined {
    const mine = this.mine(directive);
    if (mine.length === 0) return this.#outer?.header(directive, name);
    return mine.findLast(({ args }) => args[0]?.toLowerCase() === name.toLowerCase());
  }
}

export const writtenOf = ({ name, args, line, file }: Directive): Written => ({
  line,
  file,
  key: name,
  text: args[0] ?? "",
});
