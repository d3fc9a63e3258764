/** The next warning that is the guard's: others of the process, of Node or of another test, may come before it. */
export function guardWarning(): Promise<Error> {
  return new Promise((done) => {
    const look = (warning: Error): void => {
      if (warning.name !== "GuardWarning") return;
      process.off("warning", look);
      done(warning);
    };
    process.on("warning", look);
  });
}
