import { shellWords, type Word } from "./argv.ts";
import type { Format } from "./file-reader.ts";
import { jsonTrees } from "./json-tree.ts";
import { readCommand } from "./program/program.ts";
import type { Reading, Written } from "./reading.ts";
import { Spot } from "./spot.ts";

export const dockerfile: Format = {
  id: "dockerfile",
  title: "Dockerfile: ENTRYPOINT and CMD of uvicorn, gunicorn, hypercorn and Kubernetes' own programs",
  recognise: (name, head) => {
    const from = /^[ \t]*FROM[ \t]+\S+/im.test(head);
    if (/^(?:docker|container)file(?:\.[\w.-]+)?$|\.dockerfile$/.test(name)) return from ? 0.95 : 0.4;
    return from && /^[ \t]*(?:RUN|CMD|ENTRYPOINT|COPY|WORKDIR)[ \t]/im.test(head) ? 0.8 : 0;
  },
  read: readStages,
};

interface Instruction {
  readonly name: string;
  readonly rest: string;
  readonly line: number;
}

/** Only the last stage is what runs. */
function readStages(reading: Reading, text: string): void {
  let entry: readonly Word[] = [];
  let command: readonly Word[] = [];
  let env: Written[] = [];
  let line = 1;
  for (const instruction of instructionsOf(text)) {
    const { name, rest } = instruction;
    if (name === "FROM") [entry, command, env, line] = [[], [], [], instruction.line];
    else if (name === "ENV") env.push(...variablesOf(instruction));
    else if (name === "CMD") command = wordsOf(instruction);
    else if (name === "ENTRYPOINT") {
      entry = wordsOf(instruction);
      // An ENTRYPOINT of the shell form leaves no place for CMD.
      if (!rest.trimStart().startsWith("[")) command = [];
    } else continue;
    if (name === "CMD" || name === "ENTRYPOINT") line = instruction.line;
  }
  const words = [...entry, ...command];
  readCommand({
    reading,
    name: "image",
    line,
    key: "CMD",
    words,
    env: (name) => env.findLast(({ key }) => key === name),
  });
}

/** Instructions with their continued lines joined; comments and the bodies of here-documents are left out. */
function* instructionsOf(text: string): Generator<Instruction> {
  let open: { name: string; parts: string[]; line: number } | undefined;
  let until: string | undefined;
  let number = 0;
  for (const raw of text.split(/\r?\n/)) {
    number++;
    if (until !== undefined) {
      if (raw.trim() === until) until = undefined;
      continue;
    }
    if (/^\s*(?:#|$)/.test(raw)) continue;
    if (open === undefined) {
      const m = /^\s*([A-Za-z]{1,20})\s+(\S.*)$/.exec(raw);
      if (m === null) continue;
      open = { name: (m[1] ?? "").toUpperCase(), parts: [m[2] ?? ""], line: number };
    } else if (open.parts.length < 2000) open.parts.push(raw);
    if (/[\\`]\s*$/.test(raw.slice(-100))) continue;
    const done: Instruction = { name: open.name, rest: open.parts.join("\n"), line: open.line };
    if (done.name === "RUN" || done.name === "COPY") until = /<<-?["']?(\w{1,60})/.exec(done.rest)?.[1];
    yield done;
    open = undefined;
  }
  if (open !== undefined) yield { name: open.name, rest: open.parts.join("\n"), line: open.line };
}

/** The exec form is a JSON list, the shell form a line for `/bin/sh -c`. */
function wordsOf({ rest, line }: Instruction): readonly Word[] {
  if (rest.trimStart().startsWith("[")) {
    const [tree] = jsonTrees(rest.replace(/\\\n/g, " \n")).trees;
    if (tree?.kind === "list") {
      return new Spot(tree)
        .items()
        .flatMap((item) => (item.text === undefined ? [] : [{ text: item.text, line: item.line + line - 1 }]));
    }
  }
  return shellWords(rest, line);
}

function variablesOf({ rest, line }: Instruction): readonly Written[] {
  const old = /^(\w{1,100})\s+([^=].*)$/.exec(rest);
  if (old !== null) return [{ line, key: old[1] ?? "", text: (old[2] ?? "").trim() }];
  return shellWords(rest, line).flatMap(({ text, line: at }) => {
    const m = /^(\w{1,100})=(.*)$/s.exec(text);
    return m === null ? [] : [{ line: at, key: m[1] ?? "", text: m[2] ?? "" }];
  });
}
