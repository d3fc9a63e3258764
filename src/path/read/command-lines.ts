import { NEVER } from "../setting.ts";
import { shellWords } from "./argv.ts";
import type { Format } from "./file-reader.ts";
import { PROGRAM_NAMES, readCommand } from "./program/program.ts";
import { type Reading, shown, type Written } from "./reading.ts";
import { seconds } from "./units.ts";

const NAMES = PROGRAM_NAMES.join("|");
const STARTS = new RegExp(
  `^[ \\t]*(?:ExecStart=[-@:+!]*|[a-z]+:[ \\t]+|exec[ \\t]+|\\w+=\\S*[ \\t]+)*(?:\\S*python3?[ \\t]+-m[ \\t]+|[\\w./-]*/)?(?:${NAMES})(?:[ \\t]+[^\\n]*|\\\\?)$`,
);

export const commandLines: Format = {
  id: "command-lines",
  title:
    "command lines of uvicorn, gunicorn, hypercorn and Kubernetes' programs in scripts, Procfiles and systemd units",
  recognise: (name, head) => {
    if (!head.split("\n").some((line) => line.length < 4000 && STARTS.test(line.replace("\r", "")))) return 0;
    return /^procfile|\.(?:sh|service|conf)$/.test(name) ? 0.6 : 0.2;
  },
  read: readScript,
};

/** Each line, with those that it is carried on to, that starts a program which is known; `Environment=` of a systemd unit counts. */
function readScript(reading: Reading, text: string): void {
  const env: Written[] = [];
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    const first = lines[i] ?? "";
    if (/^\s*#/.test(first)) continue;
    const set = /^\s*(?:export\s+|Environment="?)(\w{1,100})=(?:"([^"]*)"|(\S*))/.exec(first.slice(0, 4000));
    if (set !== null) env.push({ line, key: set[1] ?? "", text: set[2] ?? set[3]?.replace(/"$/, "") ?? "" });
    const starts = first.length < 4000 && STARTS.test(first);
    const parts = [first];
    while (parts.length < 2000 && lines[i]?.endsWith("\\") === true && i + 1 < lines.length)
      parts.push(lines[++i] ?? "");
    if (!starts) continue;
    const words = shellWords(
      parts
        .join("\n")
        .replace(/^[ \t]*ExecStart=[-@:+!]*/, "")
        .replace(/^[a-z]+:[ \t]+/, ""),
      line,
    );
    readCommand({
      reading,
      name: `line ${line}`,
      line,
      key: "command",
      words,
      env: (name) => env.findLast(({ key }) => key === name),
    });
  }
}

export const gunicornConfig: Format = {
  id: "gunicorn",
  title: "gunicorn.conf.py: plain assignments, nothing is run",
  recognise: (name, head) => {
    const plain = /^(?:keepalive|graceful_timeout|worker_class|bind|workers)\s*=/m.test(head);
    if (/gunicorn.*\.py$/.test(name)) return plain ? 0.9 : 0.4;
    return /^keepalive\s*=\s*\d/m.test(head) && /^(?:bind|workers)\s*=/m.test(head) ? 0.6 : 0;
  },
  read: readAssignments,
};

function readAssignments(reading: Reading, text: string): void {
  const hop = reading.hop({
    name: "gunicorn",
    role: "server",
    layer: 7,
    product: "gunicorn",
    protocol: "http1",
    part: { kind: "base", of: [] },
    line: 1,
    key: "gunicorn.conf.py",
  });
  let line = 0;
  for (const raw of text.split("\n")) {
    line++;
    const m = /^(keepalive|graceful_timeout|worker_class|threads)\s*=\s*([^#\n]{1,200})/.exec(raw);
    if (m === null) continue;
    const [, key = "", value = ""] = m;
    const at: Written = { line, key, text: value.trim().replace(/^(["'])(.*)\1$/, "$2") };
    if (key === "keepalive" || key === "graceful_timeout") {
      if (/^\d/.test(at.text)) hop.take(key === "keepalive" ? "idleTimeoutMs" : "drainMs", at, seconds);
      else reading.ignore(line, `${shown(key)} is computed by Python, which is not run`);
    } else if (key === "worker_class" && at.text === "sync" && !/^threads\s*=/m.test(text))
      hop.set("maxRequests", 1, at, "derived");
    else hop.set("maxRequests", NEVER, at, "derived");
  }
  if (hop.has("maxRequests")) return;
  hop.derive("maxRequests", 1, { line: 1, key: "worker_class", text: "" });
  reading.assume(
    1,
    "no worker class is given: gunicorn's default, sync, keeps no connections whatever keepalive says, unless its command line names another",
  );
}
