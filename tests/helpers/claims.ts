import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clientOf, serverOf } from "../../src/flow/flow.ts";
import { type Endpoint, printEndpoint } from "../../src/net/endpoint.ts";
import type { Scene } from "../../src/signature/scene.ts";
import type { Finding, PacketEvidence, Signature } from "../../src/signature/signature.ts";
import { sceneOfTrace } from "./trace.ts";

/** What a signature claims of the trace `name` in `folder`, a line for each finding: variant, confidence, who lost, packets. */
export function claimsOf(signature: Signature, folder: string, name: string): string[] {
  const scene = sceneOfTrace(readFileSync(join(folder, `${name}.trace`), "utf8"));
  return signature.detect(scene).map((finding) => claimOf(scene, finding));
}

/** `variant confidence client > server: capture#1,2 other#3 client.log:4,5`. */
function claimOf(scene: Scene, finding: Finding): string {
  const flow = finding.trails[0]?.flow;
  const named = finding.named?.[0];
  const end = (endpoint: Endpoint | undefined): string => (endpoint === undefined ? "?" : printEndpoint(endpoint));
  const who =
    flow === undefined
      ? named === undefined
        ? ""
        : `${end(named.client)} > ${end(named.server)}`
      : `${printEndpoint(clientOf(flow))} > ${printEndpoint(serverOf(flow))}`;
  const head = [finding.variant, finding.confidence, who].filter((word) => word !== undefined).join(" ");
  const packets = scene.vantages.flatMap(({ index, file }) => {
    const list = packetEvidenceOf(finding).flatMap((e) => (e.vantage === index ? [e.packet] : []));
    return list.length === 0 ? [] : [`${file.replace(".pcap", "")}#${list.join(",")}`];
  });
  const lines = scene.logs.flatMap(({ index, file }) => {
    const list = finding.evidence.flatMap((e) => ("line" in e && e.log === index ? [e.line] : []));
    return list.length === 0 ? [] : [`${file}:${list.join(",")}`];
  });
  return `${head}: ${[...packets, ...lines].join(" ")}`;
}

/** The packets among a finding's evidence. */
export function packetEvidenceOf(finding: Finding): PacketEvidence[] {
  return finding.evidence.filter((e): e is PacketEvidence => !("line" in e));
}
