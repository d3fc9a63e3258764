import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clientOf, serverOf } from "../../src/flow/flow.ts";
import { printEndpoint } from "../../src/net/endpoint.ts";
import type { Scene } from "../../src/signature/scene.ts";
import type { Finding, Signature } from "../../src/signature/signature.ts";
import { sceneOfTrace } from "./trace.ts";

/** What a signature claims of the trace `name` in `folder`, a line for each finding: variant, confidence, who lost, packets. */
export function claimsOf(signature: Signature, folder: string, name: string): string[] {
  const scene = sceneOfTrace(readFileSync(join(folder, `${name}.trace`), "utf8"));
  return signature.detect(scene).map((finding) => claimOf(scene, finding));
}

/** `variant confidence client > server: capture#1,2 other#3`. */
function claimOf(scene: Scene, finding: Finding): string {
  const flow = finding.trails[0]?.flow;
  const who = flow === undefined ? "" : `${printEndpoint(clientOf(flow))} > ${printEndpoint(serverOf(flow))}`;
  const head = [finding.variant, finding.confidence, who].filter((word) => word !== undefined).join(" ");
  const packets = scene.vantages.flatMap(({ index, file }) => {
    const list = finding.evidence.filter((e) => e.vantage === index).map((e) => e.packet);
    return list.length === 0 ? [] : [`${file.replace(".pcap", "")}#${list.join(",")}`];
  });
  return `${head}: ${packets.join(" ")}`;
}
