import { clientOf, serverOf } from "../../flow/flow.ts";
import type { ConntrackTuple } from "../../log/content.ts";
import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import { shown, withSightings } from "../findings.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { lastBefore, named, readTrail } from "../trail-queries.ts";

interface Deleted {
  readonly log: number;
  readonly line: number;
}

/** Connections whose entry a log of the box shows deleted (`conntrack -D`, `conntrack -E`), and that were reset without a close. */
export function deletedEntries(scene: Scene): Finding[] {
  const deleted = deletedIn(scene);
  if (deleted.size === 0) return [];
  return scene.vantages.flatMap((vantage) =>
    vantage.trails.flatMap((trail) => {
      const line = deleted.get(keyOf(clientOf(trail.flow), serverOf(trail.flow)));
      const reading = readTrail(trail);
      const rst = reading.steps.find((s) => s.rst || s.fin);
      if (line === undefined || rst === undefined || !rst.rst || !reading.established) return [];
      const asked = lastBefore(reading, rst.index, (s) => s.side !== rst.side);
      if (asked === undefined || asked.segment.ack !== rst.segment.seq) return [];
      const finding: Finding = {
        cause: "conntrack-entry-lost",
        variant: "entry-deleted",
        confidence: "likely",
        initiator: "balancer",
        at: rst.time,
        trails: withSightings(scene, trail),
        evidence: [
          { ...line, shows: "the entry of this connection is deleted" },
          shown(reading, asked, `a packet of an open connection, from the ${asked.side}`),
          shown(reading, rst, "is answered by RST, although neither end had closed"),
        ],
        summary: `The entry of the connection of ${named(trail, "client")} with ${named(trail, "server")} was deleted from the table of the box in between; its next packet was answered by RST.`,
        ruledOut: [
          { cause: "process-gone", because: "the box's own log shows the entry deleted while the connection was open" },
        ],
        refutedBy: "an entry that was deleted only after the RST, as conntrack does with connections that were reset",
        next: "On the translating box while it happens: conntrack -E -o timestamp -p tcp > conntrack.log, to compare the instant of the deletion with the RST",
        symptoms: ["connection-reset"],
      };
      return [finding];
    }),
  );
}

/** Entries that `conntrack -D` printed as deleted, by the tuple that the client used. */
const deletedIn = remember((scene: Scene): ReadonlyMap<string, Deleted> => {
  const found = new Map<string, Deleted>();
  for (const log of scene.logs) {
    const told = log.entries.some(
      ({ content }) => "text" in content && /flow entries have been deleted/.test(content.text),
    );
    if (!told) continue;
    for (const { content, line } of log.entries) {
      if (content.kind === "conntrack" && content.protocol === "tcp" && content.state === "ESTABLISHED") {
        found.set(tupleKey(content.original), { log: log.index, line });
      }
    }
  }
  return found;
});

const tupleKey = ({ source, destination }: ConntrackTuple): string => keyOf(source, destination);
const keyOf = (client: Endpoint, server: Endpoint): string => `${printEndpoint(client)} ${printEndpoint(server)}`;
