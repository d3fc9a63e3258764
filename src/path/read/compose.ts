import { shellWords, type Word } from "./argv.ts";
import type { Format } from "./file-reader.ts";
import { imageVersion } from "./program/container.ts";
import { readCommand } from "./program/program.ts";
import { type Reading, shown, type Written } from "./reading.ts";
import type { Spot } from "./spot.ts";
import { readSysctlValue } from "./sysctl.ts";
import { readTrees } from "./trees.ts";
import { goDuration } from "./units.ts";

export const compose: Format = {
  id: "compose",
  title: "Compose files: commands, environment, sysctls and stop_grace_period of services",
  recognise: (name, head) => {
    const services = /^services:/m.test(head) && /^\s+(?:image|build|command|ports):/m.test(head);
    if (/^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/.test(name)) return services ? 0.95 : 0.3;
    return services ? 0.7 : 0;
  },
  read: (reading, text) => {
    for (const root of readTrees(reading, text)) {
      for (const [name, service] of root.get("services")?.entries() ?? [])
        readService(reading, shown(name, 80), service);
    }
  },
};

function readService(reading: Reading, name: string, service: Spot): void {
  const words = [...wordsOf(service.get("entrypoint")), ...wordsOf(service.get("command"))];
  const list = pairsOf(service.get("environment"));
  const env = (key: string): Written | undefined => list.findLast((pair) => pair.key === key);
  const at = { name: `service ${name}`, line: service.line, key: service.path };
  const version = imageVersion(service.get("image")?.text);
  const hop = readCommand({ reading, ...at, words, env, version });
  hop?.take("terminationGraceMs", service.get("stop_grace_period"), goDuration);
  const host = reading.hop({
    ...at,
    name: `service ${name} sysctls`,
    role: "host",
    layer: 4,
    product: "linux",
    onlyWithSettings: true,
  });
  for (const pair of pairsOf(service.get("sysctls"))) readSysctlValue(host, pair);
}

const wordsOf = (spot: Spot | undefined): readonly Word[] => {
  if (spot?.text !== undefined) return shellWords(spot.text, spot.line);
  return spot?.items().flatMap(({ text, line }) => (text === undefined ? [] : [{ text, line }])) ?? [];
};

/** `KEY: value` entries or a list of `KEY=value`. */
function pairsOf(spot: Spot | undefined): readonly Written[] {
  const map = (spot?.entries() ?? []).flatMap(([key, { text, line }]) =>
    text === undefined ? [] : [{ key, text, line }],
  );
  const list = (spot?.items() ?? []).flatMap(({ text = "", line }) => {
    const cut = text.indexOf("=");
    return cut < 1 ? [] : [{ key: text.slice(0, cut), text: text.slice(cut + 1), line }];
  });
  return [...map, ...list];
}
