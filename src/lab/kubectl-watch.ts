import type { KubectlWatch } from "../report/comparison/comparison.ts";

/** What kubectl's log tells: how often `get nodes --watch` was begun and lost, and what it printed around the first loss. */
export function kubectlWatch(log: string): KubectlWatch {
  const lines = log.split("\n").map((text) => (LOST.test(text) ? { text, lost: true as const } : { text }));
  const begins = ({ text }: { readonly text: string }): boolean => /^NAME\s+STATUS/.test(text);
  const first = lines.findIndex((line) => "lost" in line);
  const again = lines.findIndex((line, i) => i > first && begins(line));
  return {
    lost: lines.filter((line) => "lost" in line).length,
    begun: lines.filter(begins).length,
    // Until it had begun another, with some of what that one showed.
    ...(first < 0 ? {} : { printed: lines.slice(Math.max(0, first - 3), again < 0 ? first + 1 : again + 4) }),
  };
}

/** The words of k8s.io/apimachinery v0.26.7, pkg/watch/streamwatcher.go. */
const LOST = /unable to decode an event from the watch stream/;
