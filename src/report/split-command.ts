/** Parts advice that ends in a command to type: `Capture on the client: tcpdump …`. */
export function splitCommand(advice: string): { readonly text: string; readonly command?: string } {
  const [, text, command] = /^(.*:) (tcpdump .*)$/s.exec(advice) ?? [];
  return text === undefined || command === undefined ? { text: advice } : { text, command };
}
