/** A line of a service's log: instant, level, text. */
export function say(level: "INFO" | "WARN" | "ERROR", text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${level} ${text}\n`);
}

/** A line as components of Kubernetes write it (klog's header: level, month and day, time in UTC, process, file and line). */
export function sayKlog(level: "I" | "W" | "E", file: string, text: string): void {
  const now = new Date().toISOString();
  const clock = `${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000`;
  process.stdout.write(`${level}${clock} ${String(process.pid).padStart(7)} ${file}] ${text}\n`);
}
