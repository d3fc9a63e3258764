/** What a file may ask of a reader. Configuration is hostile input: whatever passes these is left out, and that is said. */
export const LIMITS: Readonly<Record<"text" | "depth" | "nodes" | "hops" | "remarks" | "includes", number>> = {
  /** Characters of a file, and of everything it includes. */
  text: 4 * 1024 * 1024,
  /** How deep blocks, lists and maps may lie within each other. */
  depth: 100,
  /** Values of a file. */
  nodes: 400_000,
  /** Hops of a file. */
  hops: 2000,
  /** Remarks of a kind, and problems. */
  remarks: 300,
  /** Files that a file may include. */
  includes: 300,
};
