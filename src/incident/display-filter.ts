/** Streams beyond this many are left out of a display filter: nobody reads a longer one. */
const MOST_STREAMS = 40;

/** A Wireshark display filter that shows exactly these `tcp.stream`s. */
export function displayFilter(streams: readonly number[]): string {
  const shown = [...new Set(streams)].sort((a, b) => a - b).slice(0, MOST_STREAMS);
  if (shown.length === 1) return `tcp.stream == ${shown[0]}`;
  return `tcp.stream in {${shown.join(", ")}}`;
}
