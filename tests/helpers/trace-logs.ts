/** One log of a trace. */
export interface TraceLog {
  readonly file: string;
  readonly text: string;
}

/** Parts the logs of a trace (`== log NAME` up to the next `==`) from its packets; packets keep their line numbers. */
export function splitLogs(text: string): { readonly packets: string; readonly logs: readonly TraceLog[] } {
  const packets: string[] = [];
  const logs: { readonly file: string; readonly lines: string[] }[] = [];
  let inside: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^== log (\S+)$/.exec(line);
    if (heading !== null) {
      inside = [];
      logs.push({ file: heading[1] ?? "", lines: inside });
    } else if (line.startsWith("== ")) inside = undefined;
    if (heading === null && inside !== undefined) inside.push(line);
    packets.push(heading === null && inside === undefined ? line : "");
  }
  return {
    packets: packets.join("\n"),
    logs: logs.map(({ file, lines }) => ({ file, text: `${lines.join("\n").trimEnd()}\n` })),
  };
}
