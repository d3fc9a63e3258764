const waiting = new Map<NodeJS.Signals, Set<() => void>>();

/**
 * Calls back at the next such signal; gives the means to call it off. One listener for all, gone once nobody waits, so that the signal then
 * does again what it always does, and many servers in one process are no leak to Node.
 */
export function onceSignal(signal: NodeJS.Signals, then: () => void): () => void {
  const all = waiting.get(signal) ?? new Set();
  if (all.size === 0) process.on(signal, come);
  waiting.set(signal, all.add(then));
  return () => {
    if (all.delete(then) && all.size === 0) process.off(signal, come);
  };
}

function come(signal: NodeJS.Signals): void {
  const all = waiting.get(signal) ?? new Set();
  const called = [...all];
  all.clear();
  process.off(signal, come);
  for (const then of called) then();
}
