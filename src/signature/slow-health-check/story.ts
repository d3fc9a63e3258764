import { printable } from "../../net/printable.ts";
import { printSpan } from "../../net/time.ts";
import { lineOf, quote, some } from "../log-queries.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { LogEvidence } from "../signature.ts";
import type { Outage } from "./outage.ts";

/** What client-go ships with: silence before the PING, and the wait for its answer (HTTP2_READ_IDLE_TIMEOUT_SECONDS, HTTP2_PING_TIMEOUT_SECONDS). */
const NOTICED_AFTER = 45;

export function summaryOf(scene: Scene, { down, lost, renewed }: Outage): string {
  const grace = graceOf(scene);
  const patience =
    grace === undefined ? "its grace period (40 s, since Kubernetes 1.32 50 s)" : `its grace period of ${grace} s`;
  const before = lost.at === undefined ? 0 : Number(lost.at - down[0].at);
  const order =
    before >= 0
      ? `${printSpan(before)} before the program found its connection dead`
      : `${printSpan(-before)} after the program found its connection dead`;
  const leases =
    renewed.length === 0
      ? ""
      : ` The leases of ${renewed.length} of them were being renewed all the while: the nodes were healthy.`;
  return `${down.length} nodes were given up at once, first ${printable(down[0].node.slice(0, 80))}, ${order}: the health check needs ${NOTICED_AFTER} s (30 + 15 s as shipped) to notice, and the controller loses patience after ${patience}.${leases}`;
}

export function evidenceOf({ down, lost, renewed }: Outage): readonly LogEvidence[] {
  return [
    ...some(renewed, 3).map(({ log, entry, name }) => ({
      log: log.index,
      line: entry.line,
      shows: `the lease of ${printable(name.slice(0, 80))} is renewed in the silence`,
    })),
    ...some(down, 6).map(({ log, entry, node }) => ({
      log: log.index,
      line: entry.line,
      shows: `node ${printable(node.slice(0, 80))} is given up`,
    })),
    lineOf(lost, `the connection is found dead: ${quote(lost.text)}`),
  ];
}

/** The controller's grace period in seconds: as its flag says, or by its version (50 s since Kubernetes 1.32, kubernetes pull 126287). */
const graceOf: (scene: Scene) => number | undefined = remember((scene: Scene) => {
  for (const log of scene.logs) {
    for (const { content } of log.entries) {
      if (content.kind !== "message" && content.kind !== "failure") continue;
      const flag = /node-monitor-grace-period[="\s:]{1,4}(?:(\d{1,3})m)?(\d{1,4})s/.exec(content.text);
      if (flag !== null) return Number(flag[1] ?? 0) * 60 + Number(flag[2]);
      const version = /"Starting"[^"]{0,20}version="v1\.(\d{1,3})\./.exec(content.text);
      if (version !== null) return Number(version[1]) >= 32 ? 50 : 40;
    }
  }
  return undefined;
});
