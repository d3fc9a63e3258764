import type { Incident, TableMoment } from "../../incident/explanation.ts";
import { readCollision } from "./collision-reading.ts";
import type { Collision } from "./comparison.ts";

/** The incident whose tables are of this very collision: they name both connections, and the newer one's SYN, the same packet, lies between their first and last moment. */
export function incidentOfCollision(collision: Collision, incidents: readonly Incident[]): Incident | undefined {
  const syn = readCollision(collision)?.syn;
  return incidents.find(({ tables = [], timeline = [] }) => {
    const [first, last] = [tables[0], tables.at(-1)];
    if (syn === undefined || first === undefined || last === undefined) return false;
    if (!tables.some((moment) => names(moment, collision))) return false;
    return timeline.some(
      ({ file, client, server, marks }) =>
        file === first.file &&
        client === collision.client &&
        server === collision.newer &&
        marks.some(
          ({ kind, packet, at }) => kind === "SYN" && packet === syn.packet && at >= first.at && at <= last.at,
        ),
    );
  });
}

function names(moment: TableMoment, { client, older, newer }: Collision): boolean {
  const remotes = moment.client.filter(({ local }) => local === client).map(({ remote }) => remote);
  return remotes.includes(older) && remotes.includes(newer);
}
