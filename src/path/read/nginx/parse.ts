import { LIMITS } from "../limits.ts";
import type { Directive, SyntaxProblem } from "./directive.ts";
import { tokens } from "./tokens.ts";

interface Open {
  readonly head: Omit<Directive, "block"> | undefined;
  readonly list: Directive[];
}

/** The directives of a file. A mistake is noted with its line, and what stands around it is kept. */
export function parseNginx(
  file: string,
  text: string,
): { directives: readonly Directive[]; problems: SyntaxProblem[] } {
  const problems: SyntaxProblem[] = [];
  const root: Open = { head: undefined, list: [] };
  const stack: Open[] = [root];
  let words: { text: string; line: number }[] = [];
  let tooDeep = 0;
  const note = (line: number, says: string): void =>
    void (problems.length < LIMITS.remarks && problems.push({ file, line, says }));
  const top = (): Open => stack.at(-1) ?? root;
  const take = (): Omit<Directive, "block"> | undefined => {
    const [name, ...args] = words;
    words = [];
    if (name === undefined) return undefined;
    return { name: name.text, args: args.map((arg) => arg.text), file, line: name.line };
  };
  for (const token of tokens(text)) {
    switch (token.kind) {
      case "word":
        words.push(token);
        break;
      case ";": {
        const directive = take();
        if (directive === undefined) note(token.line, "a semicolon without a directive");
        else if (tooDeep === 0) top().list.push(directive);
        break;
      }
      case "{": {
        const head = take();
        if (head === undefined) note(token.line, "a block without a name");
        if (stack.length > LIMITS.depth) {
          if (tooDeep === 0) note(token.line, "blocks nested too deep");
          tooDeep++;
        } else stack.push({ head: head ?? { name: "", args: [], file, line: token.line }, list: [] });
        break;
      }
      case "}": {
        const unended = take();
        if (unended !== undefined) {
          note(unended.line, `no semicolon after a directive before the end of its block`);
          if (tooDeep === 0) top().list.push(unended);
        }
        if (tooDeep > 0) tooDeep--;
        else if (stack.length === 1) note(token.line, "a closing brace without an open block");
        else close(stack);
        break;
      }
    }
  }
  const rest = take();
  if (rest !== undefined) {
    note(rest.line, "no semicolon after the last directive");
    top().list.push(rest);
  }
  if (stack.length > 1) note(stack.at(-1)?.head?.line ?? 1, "a block is not closed");
  while (stack.length > 1) close(stack);
  return { directives: root.list, problems };
}

function close(stack: Open[]): void {
  const done = stack.pop();
  if (done?.head !== undefined) stack.at(-1)?.list.push({ ...done.head, block: done.list });
}
