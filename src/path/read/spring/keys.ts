import { LIMITS } from "../limits.ts";
import type { Written } from "../reading.ts";
import type { Spot } from "../spot.ts";

/** Spring's settings by their names in canonical form: lower case, without dashes, so that all its spellings meet. */
export class SpringKeys {
  readonly #values: ReadonlyMap<string, Written>;

  private constructor(values: ReadonlyMap<string, Written>) {
    this.#values = values;
  }

  /** The first of several names that is set. */
  find(...names: readonly string[]): Written | undefined {
    for (const name of names) {
      const found = this.#values.get(canonical(name));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** These settings, and those of another document that they leave alone. */
  over(base: SpringKeys): SpringKeys {
    return new SpringKeys(new Map([...base.#values, ...this.#values]));
  }

  /** Whether nothing of a server or its clients is set. */
  get empty(): boolean {
    return ![...this.#values.keys()].some((key) => /^(?:server|springcloudgateway)/.test(key));
  }

  static ofLines(lines: readonly Written[]): SpringKeys {
    return new SpringKeys(new Map(lines.map((line) => [canonical(line.key), line])));
  }

  /** Nested keys, dotted keys and mixtures of both. */
  static ofTree(root: Spot): SpringKeys {
    const values = new Map<string, Written>();
    let visits = 0;
    const visit = (spot: Spot, depth: number): void => {
      if (++visits > LIMITS.nodes / 10 || depth > 20) return;
      if (spot.text !== undefined)
        values.set(canonical(spot.path), { line: spot.line, key: spot.path, text: spot.text });
      for (const [, inner] of spot.entries()) visit(inner, depth + 1);
    };
    visit(root, 0);
    return new SpringKeys(values);
  }

  /** `SERVER_TOMCAT_KEEPALIVETIMEOUT`, and with underscores for dashes as well, since that is often written. */
  static ofEnvironment(variables: readonly Written[]): SpringKeys {
    const values = new Map<string, Written>();
    for (const variable of variables) {
      if (/^(?:SERVER|SPRING)_/.test(variable.key)) values.set(canonical(variable.key), variable);
    }
    return new SpringKeys(values);
  }
}

/** Without dots too: an environment variable has underscores for dots and for nothing else, or for dashes as well. */
const canonical = (name: string): string => name.toLowerCase().replace(/[-_.]/g, "");
