import type { EvidenceSource } from "./capture/evidence-source.ts";
import { evidenceFiles } from "./evidence-files.ts";
import { type ExplainOptions, type Gathered, keysOf, notRead, readEvidence, unreadable } from "./gather-evidence.ts";
import { buildScene } from "./incident/build-scene.ts";
import { describeClock } from "./incident/describe-clock.ts";
import { explainScene } from "./incident/explain.ts";
import type { Explanation, InputReport } from "./incident/explanation.ts";
import { planZoom } from "./incident/plan-zoom.ts";
import { type Closer, doubtsOf, lookCloser, NOTHING } from "./look-closer.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";

/**
 * Reads evidence and explains what was lost: survey every capture, look closely at the suspects,
 * join the vantage points, name the causes. Paths are files, folders (every file in them) or `-`.
 * Throws `Fault` when there is nothing to read. `onExplained` is called while the captures are still open.
 */
export async function explainEvidence(
  paths: readonly string[],
  options: ExplainOptions = {},
  onExplained?: (explanation: Explanation, sources: readonly EvidenceSource[]) => Promise<void>,
): Promise<Explanation> {
  const { files, passedOver, fromFolders } = await evidenceFiles(paths);
  const gathered: Gathered = { captures: [], logs: [], keyLogs: [] };
  const { captures, logs } = gathered;
  const inputs: InputReport[] = [];
  try {
    for (const file of files) {
      inputs.push(await readEvidence(file, options, gathered).catch((error) => unreadable(file, fromFolders, error)));
    }
    for (const file of passedOver)
      inputs.push(notRead(file, "unread-entry", "a subfolder, a pipe or a link to nothing"));
    if (captures.length === 0 && logs.length === 0) throw nothingToExplain(paths, inputs);
    const keys = keysOf(gathered);
    const surveyed = captures.map((c) => c.surveyed);
    const plan = planZoom(surveyed, keys.found);
    const closer: Closer[] = [];
    for (const [vantage, capture] of captures.entries()) {
      const rows = plan.rows[vantage] ?? new Set();
      closer.push(await lookCloser(capture, { rows, vantage, keys: keys.log, share: 1 / captures.length }, options));
    }
    const doubts = captures.map((capture, i) => doubtsOf(capture, closer[i] ?? NOTHING));
    const scene = buildScene({
      captures: surveyed,
      trails: closer.map(({ trails }) => trails),
      sessions: closer.map(({ sessions }) => sessions),
      logs,
    });
    const { incidents, notes, findings, claimsAside } = explainScene(scene);
    const first = captures[0]?.surveyed.file ?? "";
    const joined = inputs.map((input): InputReport => {
      const log = scene.logs.find(({ file }) => file === input.file);
      if (log !== undefined) return { ...input, ...describeClock(log) };
      const index = captures.findIndex((c) => c.surveyed.file === input.file);
      const vantage = scene.vantages[index];
      const clock = scene.clocks[index];
      return {
        ...input,
        problems: [...input.problems, ...(doubts[index] ?? [])],
        ...(vantage === undefined || vantage.place === "unknown" ? {} : { vantage: vantage.place }),
        ...(clock === undefined
          ? {}
          : { clock: { against: first, offset: clock.offset, uncertainty: clock.uncertainty } }),
      };
    });
    const explanation: Explanation = {
      schema: 1,
      inputs: joined,
      incidents,
      notes,
      totals: {
        packets: surveyed.reduce((sum, s) => sum + s.packets, 0),
        tcpPackets: surveyed.reduce((sum, s) => sum + s.tcpPackets, 0),
        flows: surveyed.reduce((sum, s) => sum + s.table.rows, 0),
        closely: plan.rows.reduce((sum, rows) => sum + rows.size, 0),
        leftAside: plan.leftAside,
        findings,
        ...(claimsAside === 0 ? {} : { claimsAside }),
      },
    };
    const sources = captures.map((capture) => capture.source);
    await onExplained?.(explanation, sources);
    return explanation;
  } finally {
    for (const capture of captures) capture.source.close();
  }
}

function nothingToExplain(paths: readonly string[], inputs: readonly InputReport[]): Fault {
  if (paths.length === 0) {
    return new Fault(
      "no-evidence",
      "No evidence was named.",
      "Name captures, logs or a folder with them: halfopen explain trouble.pcap client.log",
    );
  }
  const names = paths.map((p) => (p === "-" ? "standard input" : `'${printable(p)}'`)).join(", ");
  const found =
    inputs.length === 1
      ? (inputs[0]?.problems[0]?.message ?? "nothing")
      : `${inputs.length} files, none of them a packet capture or a log`;
  return new Fault(
    "no-capture",
    `There is no packet capture and no log in ${names}: ${found}.`,
    "Take a capture where the connections are lost: tcpdump -ni any -s 128 -w trouble.pcap tcp (or look an error message up: halfopen explain --symptom '…')",
  );
}
