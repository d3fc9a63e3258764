/** A field of a line that is split at spaces, where quotes and square brackets hold spaces together. */
export interface Field {
  readonly text: string;
  readonly form: "bare" | "quoted" | "bracketed";
}

/** Splits an access-log line at its spaces. At most 200 fields; backslash hides a quote within quotes. */
export function splitFields(line: string): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < line.length && fields.length < 200) {
    const c = line[at];
    if (c === " " || c === "\t") {
      at++;
    } else if (c === '"') {
      const end = endOfQuote(line, at + 1);
      fields.push({ text: line.slice(at + 1, end), form: "quoted" });
      at = end + 1;
    } else if (c === "[") {
      const end = orEnd(line.indexOf("]", at), line);
      // `[::1]:443` and `[a]b` are bare fields that begin with a bracket.
      const next = line[end + 1];
      if (next === undefined || next === " ") {
        fields.push({ text: line.slice(at + 1, end), form: "bracketed" });
        at = end + 1;
      } else {
        at = bare(line, at, fields);
      }
    } else {
      at = bare(line, at, fields);
    }
  }
  return fields;
}

function bare(line: string, at: number, fields: Field[]): number {
  const end = orEnd(line.indexOf(" ", at), line);
  fields.push({ text: line.slice(at, end), form: "bare" });
  return end;
}

function endOfQuote(line: string, start: number): number {
  for (let i = start; i < line.length; i++) {
    if (line[i] === "\\") i++;
    else if (line[i] === '"') return i;
  }
  return line.length;
}

const orEnd = (at: number, line: string): number => (at < 0 ? line.length : at);
