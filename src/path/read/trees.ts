import { jsonTrees } from "./json-tree.ts";
import type { Reading } from "./reading.ts";
import { Spot } from "./spot.ts";
import { yamlTrees } from "./yaml-tree.ts";

/** Every document of a YAML or JSON text; what its parser stumbled over becomes a problem. */
export function readTrees(reading: Reading, text: string): readonly Spot[] {
  if (/^[\s\u{feff}]*[{[]/u.test(text)) {
    const { trees, problems } = jsonTrees(text);
    // YAML's flow style begins alike: what is no JSON may be YAML.
    if (problems.length === 0 || !/^[\s\u{feff}]*[{[][\s]*[\w{%]/u.test(text)) {
      reading.malformed(problems);
      return trees.map((tree) => new Spot(tree));
    }
  }
  const { trees, problems } = yamlTrees(text);
  const template = problems.length === 0 ? -1 : text.search(/(?:^|: |- )[ \t]*\{\{/m);
  if (template >= 0) {
    const line = text.slice(0, template).split("\n").length;
    reading.problem("template", line, "a template, not YAML yet: render it first, nothing of it was read", {
      level: "warning",
    });
    return [];
  }
  reading.malformed(problems);
  return trees.map((tree) => new Spot(tree));
}
