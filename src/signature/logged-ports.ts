import { type Endpoint, printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { type Instant, SECOND } from "../net/time.ts";
import { type LogLoss, lossesOf } from "./log-losses.ts";
import { beganAt, near } from "./log-queries.ts";
import { type LogSuccess, successesOf } from "./log-successes.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";

/** One client port that a program used towards two servers at once, and what it lost on these connections. */
export interface SharedPort {
  readonly client: Endpoint;
  /** The connection that was open, and its server. */
  readonly first: LogSuccess;
  /** The later connection: opened, or tried in vain. */
  readonly second: LogSuccess | LogLoss;
  /** What was lost on either of them from then on. */
  readonly losses: readonly LogLoss[];
}

/** Client ports used twice at a time, with losses on those very connections, as logs that print local addresses tell it. */
export const sharedPorts: (scene: Scene) => readonly SharedPort[] = remember(findShared);

/** Openings of one client port that are compared, pairs that are looked at, and losses at one place: beyond that it is a test of ports. */
const MOST_OPENINGS = 50;
const MOST_PAIRS = 2000;
const MOST_LOSSES = 2000;

type Opening = LogSuccess | LogLoss;

function findShared(scene: Scene): readonly SharedPort[] {
  const found: SharedPort[] = [];
  let pairs = 0;
  for (const openings of openingsByPort(scene).values()) {
    if (openings.length < 2) continue;
    const list = openings.slice(0, MOST_OPENINGS);
    for (const first of list) {
      if (!("what" in first)) continue;
      const second = list.find((each) => isOther(first, each));
      if (second === undefined) continue;
      if (++pairs > MOST_PAIRS) return found;
      const resets = "what" in second ? resetsAtServers(scene, first.local as Endpoint, second.at) : [];
      const losses = [...resets, ...lostOn(scene, first, second)];
      if (losses.length > 0) found.push({ client: first.local as Endpoint, first, second, losses });
    }
  }
  return found;
}

/** Connections that were opened or tried from a port that the log names, by log and port. */
const openingsByPort = remember((scene: Scene): ReadonlyMap<string, readonly Opening[]> => {
  const opened = successesOf(scene).filter(({ what, local, remote }) => what === "connected" && local && remote);
  const tried = lossesOf(scene).filter(({ stage, local, remote }) => stage === "connect" && local && remote);
  return Map.groupBy<string, Opening>([...opened, ...tried], portKey);
});

const portKey = ({ log, local }: Opening): string => `${log.index} ${local?.port}`;

/** Connections that were opened to a place, and what was lost there, by log and server. */
const openedTo = remember((scene: Scene) =>
  Map.groupBy(
    successesOf(scene).filter(({ what }) => what === "connected"),
    placeKey,
  ),
);
const lostAt = remember((scene: Scene) => Map.groupBy(lossesOf(scene), placeKey));

const placeKey = ({ log, remote }: Opening): string =>
  `${log.index} ${remote === undefined ? "" : printEndpoint(remote)}`;

/** Opened or tried later, from the same port, to another server. */
function isOther(first: LogSuccess, each: Opening): boolean {
  if (each === first || each.remote === undefined || first.remote === undefined || each.local === undefined)
    return false;
  if (sameEndpoint(each.remote, first.remote)) return false;
  const began = "what" in each ? each.at : beganAt(each);
  // Go leaves the address out where the system chose it: `:42852->192.0.2.2:443`.
  const own = each.local.address === first.local?.address || /^(?:0\.0\.0\.0|::)$/.test(each.local.address);
  return own && began !== undefined && began >= first.at;
}

/** What was lost on one of the two: named by both its ends, or by its server when every connection to it shared its port. */
function lostOn(scene: Scene, first: LogSuccess, second: Opening): readonly LogLoss[] {
  if (!("what" in second)) return [second];
  const since = second.at;
  return [first, second].flatMap((connection) =>
    (lostAt(scene).get(placeKey(connection)) ?? []).slice(0, MOST_LOSSES).filter((loss) => {
      if (loss.at === undefined || loss.at < since || loss.stage !== "exchange") return false;
      if (loss.local !== undefined) return loss.local.port === first.local?.port;
      return allShared(scene, connection, loss.at);
    }),
  );
}

/** Whether every connection that the program had opened to that server by then shared its port: then it does not matter which was lost. */
function allShared(scene: Scene, connection: LogSuccess, at: Instant): boolean {
  const opened = openedTo(scene).get(placeKey(connection)) ?? [];
  if (opened.length > MOST_OPENINGS) return false;
  return opened.every(
    (each) =>
      each === connection ||
      each.at > at ||
      (openingsByPort(scene).get(portKey(each)) ?? []).some((o) => differ(o, each)),
  );
}

const differ = (a: Opening, b: Opening): boolean =>
  a.remote !== undefined && b.remote !== undefined && !sameEndpoint(a.remote, b.remote);

/** A server's word that this client's connection was reset, at the moment in which the port was used again. */
function resetsAtServers(scene: Scene, client: Endpoint, at: Instant): readonly LogLoss[] {
  return scene.logs
    .flatMap(resetsIn)
    .filter(
      (loss) => near(loss.at, at, Math.max(SECOND, loss.entry.time?.resolution ?? 0)) && namesClient(loss.text, client),
    )
    .map((loss) => ({ ...loss, local: client }));
}

/** Failures by reset in one log. */
const resetsIn = remember((log: Log): readonly LogLoss[] =>
  log.entries
    .flatMap((entry): LogLoss[] => {
      const { content } = entry;
      if (content.kind !== "failure" || content.error !== "reset") return [];
      const { error, text } = content;
      const unknown = { local: undefined, remote: undefined, place: undefined, status: undefined, waited: undefined };
      return [{ log, entry, at: log.instantOf(entry), error, stage: "exchange", teller: "client", text, ...unknown }];
    })
    .slice(0, MOST_LOSSES),
);

/** `192.0.2.7:42852` or `192.0.2.7 42852`. */
const namesClient = (text: string, { address, port }: Endpoint): boolean =>
  text.includes(`${address}:${port}`) || text.includes(`${address} ${port} `) || text.includes(`${address}]:${port}`);
