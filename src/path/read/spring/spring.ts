import type { Format } from "../file-reader.ts";
import { type Reading, shown, type Written } from "../reading.ts";
import { readTrees } from "../trees.ts";
import { SpringKeys } from "./keys.ts";
import { readSpring } from "./properties.ts";

export const springYaml: Format = {
  id: "spring-yaml",
  title: "Spring Boot's application.yaml",
  recognise: (name, head) => {
    if (/^\s*(?:apiVersion|services):/m.test(head)) return 0;
    const named = /^(?:application|bootstrap)(?:-[\w.-]+)?\.ya?ml$/.test(name);
    const server = /^server(?:\.(?:tomcat|jetty|netty|undertow|port|shutdown|http2)[\w.-]*)?:(?:[ \t]|\r?$)/m.test(
      head,
    );
    const known = server && /(?:tomcat|jetty|netty|undertow|servlet|port|shutdown|http2)/.test(head);
    const spring = /^spring(?:\.[\w.-]+)?:(?:[ \t]|\r?$)/m.test(head);
    if (named) return known || spring ? 0.9 : 0.3;
    return spring ? 0.6 : known ? 0.4 : 0;
  },
  read: (reading, text) => {
    let base: SpringKeys | undefined;
    for (const root of readTrees(reading, text)) {
      const own = SpringKeys.ofTree(root);
      base = readDocument(reading, own, base);
    }
  },
};

export const springProperties: Format = {
  id: "spring-properties",
  title: "Spring Boot's application.properties",
  recognise: (name, head) => {
    const keys =
      /^[ \t]*(?:server\.(?:tomcat|jetty|netty|undertow|port|shutdown|connection-timeout|http2)|spring\.)[\w.-]*[ \t]*[=:]/m.test(
        head,
      );
    if (/^(?:application|bootstrap)(?:-[\w.-]+)?\.properties$/.test(name)) return keys ? 0.9 : 0.3;
    return keys && !/^\s*[{<]/.test(head) ? 0.5 : 0;
  },
  read: (reading, text) => readSpringLines(reading, text),
};

/** One document; one for a profile stands upon those without, which are given back with it if it has none. */
function readDocument(reading: Reading, own: SpringKeys, base: SpringKeys | undefined): SpringKeys {
  const profile = own.find("spring.config.activate.on-profile", "spring.profiles")?.text;
  const whole = base === undefined ? own : own.over(base);
  if (!own.empty) readSpring(reading, shown(profile ?? "", 60), whole);
  return profile === undefined ? whole : (base ?? NOTHING);
}

const NOTHING = SpringKeys.ofLines([]);

/** `key=value`, `key: value` or `key value`; a backslash at the end carries on; `#---` begins another document. */
function readSpringLines(reading: Reading, text: string): void {
  let base: SpringKeys | undefined;
  let lines: Written[] = [];
  let number = 0;
  let carried = "";
  let from = 0;
  const flush = (): void => {
    base = readDocument(reading, SpringKeys.ofLines(lines), base);
    lines = [];
  };
  for (const raw of text.split(/\r?\n/)) {
    number++;
    if (carried === "" && /^\s*[#!]/.test(raw)) {
      if (/^[#!]---\s*$/.test(raw)) flush();
      continue;
    }
    if (carried === "") from = number;
    const more = /(?:^|[^\\])(?:\\\\){0,50}\\$/.test(raw.slice(-200));
    carried += raw.trimStart().slice(0, more ? -1 : undefined);
    if (more && carried.length < 10_000) continue;
    const whole = carried;
    carried = "";
    const m = /^([^=:\s]{1,300})[ \t]*[=: \t][ \t]*(.*)$/.exec(whole);
    if (m !== null) lines.push({ line: from, key: m[1] ?? "", text: (m[2] ?? "").trim() });
    else if (whole.trim() !== "" && !/^\S{1,300}$/.test(whole))
      reading.problem("malformed", from, "not a line of the form key=value", { level: "warning" });
  }
  flush();
}
