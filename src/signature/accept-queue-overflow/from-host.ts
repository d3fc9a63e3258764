import type { Endpoint } from "../../net/endpoint.ts";
import { type CounterGrowth, counterGrowth } from "../counter-growth.ts";
import { type FoundLine, lineShown, linesThat } from "../log-lines.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { LogEvidence } from "../signature.ts";

/** What the server's host itself says of its queues. */
export interface HostSays {
  /** ListenOverflows: a connection was ready and the queue of those to be accepted was full. */
  readonly overflows: CounterGrowth | undefined;
  /** TCPReqQFullDrop: the queue of half-open connections was full and the SYN was dropped. */
  readonly requestsDropped: CounterGrowth | undefined;
  /** ListenDrops: dropped at a listener, for these or other reasons. */
  readonly drops: CounterGrowth | undefined;
  /** Listeners with more connections waiting than their backlog, in a socket table. */
  readonly fullListeners: readonly { readonly local: Endpoint | undefined; readonly evidence: LogEvidence }[];
  /** The kernel's log: requests dropped. */
  readonly floods: readonly FoundLine<{ readonly port: number }>[];
}

export const hostSays: (scene: Scene) => HostSays = remember((scene: Scene): HostSays => {
  const grown = counterGrowth(scene);
  const counter = (name: string): CounterGrowth | undefined => grown.find((g) => g.name === name);
  return {
    overflows: counter("TcpExtListenOverflows"),
    requestsDropped: counter("TcpExtTCPReqQFullDrop"),
    drops: counter("TcpExtListenDrops"),
    fullListeners: scene.logs.flatMap((log) =>
      log.entries.flatMap(({ content, line }) => {
        // Of a listener, Recv-Q is how many wait to be accepted and Send-Q the backlog (ss(8), tcp_diag).
        if (content.kind !== "socket" || content.state !== "LISTEN" || content.receiveQueue <= content.sendQueue)
          return [];
        const shows = `${content.receiveQueue} connections wait to be accepted, more than the backlog of ${content.sendQueue}`;
        return [{ local: content.local, evidence: { log: log.index, line, shows } }];
      }),
    ),
    floods: linesThat(scene, (text) => {
      const port = /Possible SYN flooding on port (?:\[?[0-9a-fA-F.:*]{0,45}\]?:)?(\d{1,5})\. Dropping request/.exec(
        text,
      )?.[1];
      return port === undefined
        ? undefined
        : { said: { port: Number(port) }, named: { client: undefined, server: undefined } };
    }),
  };
});

/** What speaks of the queue of connections to be accepted, as evidence. */
export function acceptEvidence({ overflows, drops, fullListeners }: HostSays, port?: number): readonly LogEvidence[] {
  const full = fullListeners.filter(({ local }) => port === undefined || local === undefined || local.port === port);
  return [
    ...(overflows === undefined ? [] : [overflows.evidence]),
    ...(overflows === undefined || drops === undefined ? [] : [drops.evidence]),
    ...full.slice(0, 3).map(({ evidence }) => evidence),
  ];
}

/** What speaks of the queue of half-open connections. */
export function requestEvidence(
  { requestsDropped, drops, overflows, floods }: HostSays,
  port?: number,
): readonly LogEvidence[] {
  return [
    ...(requestsDropped === undefined ? [] : [requestsDropped.evidence]),
    ...(drops === undefined || overflows !== undefined ? [] : [drops.evidence]),
    ...floods
      .filter(({ said }) => port === undefined || said.port === port)
      .slice(0, 3)
      .map((line) => lineShown(line, "the kernel drops SYNs: its queue of half-open connections is full")),
  ];
}
