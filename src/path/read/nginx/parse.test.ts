import { expect, test } from "vitest";
import { hopLines, readText, remarkLines } from "../../../../tests/helpers/read-config.ts";
import { parseNginx } from "./parse.ts";

const tree = (text: string): unknown =>
  JSON.parse(
    JSON.stringify(parseNginx("f", text).directives, (key, value) =>
      key === "file" || key === "line" ? undefined : value,
    ),
  );

test("words, quotes, escapes, variables in braces, comments, code", () => {
  expect(tree(`a "b;{ c" 'd\\'e' f\\;g \${x}y; # z;\nset_by_lua_block $v { return "}" -- }\n } b;`)).toEqual([
    { name: "a", args: ["b;{ c", "d'e", "f;g", `$${"{x}"}y`] },
    { name: "set_by_lua_block", args: ["$v"], block: [] },
    { name: "b", args: [] },
  ]);
});

test("mistakes are noted with their lines, and the rest is kept", () => {
  const { directives, problems } = parseNginx("f", "a 1;\n}\nhttp {\n  b 2\n}\n;\nc 3;\nserver {\n d 4;\ne 5");
  expect(directives.map(({ name }) => name)).toEqual(["a", "http", "c", "server"]);
  expect(problems.map(({ line, says }) => `${line} ${says}`)).toEqual([
    "2 a closing brace without an open block",
    "4 no semicolon after a directive before the end of its block",
    "6 a semicolon without a directive",
    "10 no semicolon after the last directive",
    "8 a block is not closed",
  ]);
});

test("a file that includes itself, one that is missing, a pattern and a file without timeouts", () => {
  const text =
    "http { include mime.types; include a.conf; include gone.conf; include sites/*.conf; server { listen 1; } }";
  const include = (path: string): string | undefined =>
    path === "a.conf" ? "keepalive_timeout 9;\ninclude a.conf;" : undefined;
  const reading = readText("nginx.conf", text, { include });
  expect(hopLines(reading)).toEqual(["server listen 1 | server 7 nginx http1 | idleTimeoutMs=9000@1"]);
  expect(reading.hops[0]?.settings[0]?.source?.file).toBe("a.conf");
  expect(remarkLines(reading)).toEqual([
    'error include-loop a.conf:2 includes "a.conf", which includes this file',
    'warning missing-include nginx.conf:1 include "gone.conf": not given, or outside the folder of the checked file: what it sets is not known',
    'warning missing-include nginx.conf:1 include "sites/*.conf": not given, or outside the folder of the checked file: what it sets is not known',
  ]);
});

test("files that include each other a thousandfold end", () => {
  const include = (path: string): string => `include ${path}x; include ${path}y;`;
  const { problems } = readText("nginx.conf", "http { include a; server { listen 1; } }", { include });
  expect(problems.map(({ code }) => code)).toContain("too-large");
});
