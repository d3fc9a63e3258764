/**
 * Parts advice that names a command to type: `Capture on the client: tcpdump …`. What is said after the command goes
 * before it, so that the command can be copied as it stands.
 */
export function splitCommand(advice: string): { readonly text: string; readonly command?: string } {
  const [, text, command, after = ""] = /^(.*?): (tcpdump (?:[^']*'[^']*'|.*))(.*)$/s.exec(advice) ?? [];
  if (text === undefined || command === undefined) return { text: advice };
  return { text: `${text}${after.replace(/\.$/, "")}:`, command };
}
