#!/usr/bin/env node
// The published command. Plain old CommonJS on purpose: any Node from 10 on can read this file far enough to say
// that it is too old, where an ES module would end in a syntax error.
"use strict";

const OLDEST = [22, 18];
const CANNOT_RUN = 2;

const version = process.versions.node.split(".").map(Number);
if (version[0] < OLDEST[0] || (version[0] === OLDEST[0] && version[1] < OLDEST[1])) {
  console.error(`halfopen needs Node ${OLDEST.join(".")} or newer; this is v${process.versions.node}`);
  process.exitCode = CANNOT_RUN;
} else {
  start();
}

function start() {
  let answered = false;
  // Node's own exit code for a crash is 1, which for halfopen means "something was lost": never let the two be confused.
  process.exitCode = CANNOT_RUN;
  process.on("uncaughtException", fail);
  process.on("exit", (code) => {
    if (!answered && code === CANNOT_RUN) console.error("halfopen: ended without an answer");
  });
  // A reader that went away (`halfopen … | head`) is no failure: the command stops writing and its verdict stands.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") fail(error);
  });
  process.stderr.on("error", () => {});
  require("module").enableCompileCache();
  import("../dist/cli/main.js")
    .then((cli) => cli.run(process.argv.slice(2)))
    .then((code) => {
      answered = true;
      // Not process.exit(): what was written to a pipe must be flushed first.
      process.exitCode = code;
    })
    .catch(fail);

  function fail(error) {
    answered = true;
    console.error("halfopen: this is a bug in halfopen; please report it with the command that led to it");
    console.error(error);
    process.exit(CANNOT_RUN);
  }
}
