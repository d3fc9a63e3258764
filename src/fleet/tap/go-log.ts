/**
 * What Go programs on the simulated hosts would have printed: `GODEBUG=http2debug=2` of golang.org/x/net/http2, reflectors of client-go, the node
 * lifecycle of kube-controller-manager, errors of net/http. Kubernetes' components print through klog, others through package log
 * with microseconds. Pointers are made of the session's number; line numbers in files are those of some version.
 */
import { printEndpoint } from "../../net/endpoint.ts";
import { instantOf, printInstant } from "../../net/time.ts";
import { ascii } from "../../wire/http2-frames.ts";
import type { Journal, JournalEvent, JournalSession } from "../app/journal.ts";
import { type MessageBytes, nodeName } from "../app/message-bytes.ts";
import {
  CALLS,
  EVENT,
  GOAWAY,
  OPEN_CLIENT,
  OPEN_SERVER,
  PING,
  PONG,
  REQUEST,
  RESPONSE,
  RST_STREAM,
  SETTINGS_ACK,
  WATCH_END,
  WATCH_LEASES,
  WATCH_OPEN,
  WINDOW_UPDATE,
} from "../app/speech.ts";
import type { Places } from "../balancer/places.ts";
import { nginxErrorLine } from "./nginx-log.ts";
import type { Chunks } from "./taps.ts";

export class GoLog implements Journal {
  readonly #parts: LogParts;
  readonly #tapped: readonly boolean[];
  #proxied = 0;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#tapped = parts.places.names.map((name) => parts.at(name));
  }

  frame(session: JournalSession, direction: "wrote" | "read", kind: number, a: number, b: number): void {
    if (this.#tapped[session.place] !== true || !this.#parts.http2) return;
    for (const summary of this.#summaries(kind, a, b)) {
      this.#print(session, "I", "log.go:245", `http2: Framer ${framer(session)}: ${direction} ${summary}`);
      if (direction === "read") this.#print(session, "I", "log.go:245", `http2: Transport received ${summary}`);
    }
  }

  event(place: number, event: JournalEvent): void {
    if (this.#tapped[place] !== true) return;
    switch (event.what) {
      case "connected": {
        if (!this.#parts.http2) return;
        const to = this.#endpoint(event.session.remote, event.session.remotePort);
        this.#print(
          event.session,
          "I",
          "log.go:245",
          `http2: Transport creating client conn ${conn(event.session)} to ${to}`,
        );
        return;
      }
      case "health-check":
        this.#print(event.session, "I", "log.go:245", "http2: Transport sending health check");
        return;
      case "health-check-failed":
        this.#print(
          event.session,
          "I",
          "log.go:245",
          "http2: Transport health check failure: context deadline exceeded",
        );
        return;
      case "connection-lost":
        this.#print(
          event.session,
          "I",
          "log.go:245",
          `http2: Transport readFrame error on conn ${conn(event.session)}: (*errors.errorString) http2: client connection lost`,
        );
        return;
      case "read-error":
        if (this.#parts.http2) this.#readError(event.session, event.error);
        return;
      case "request-failed": {
        const { method, path } = this.#parts.bytes.call(event.session.actor * CALLS + event.call);
        const verb = method.charAt(0) + method.slice(1).toLowerCase();
        this.#print(
          event.session,
          "E",
          "request.go:1116",
          `${verb} "http://api.internal${path}": ${this.#full(event.session, event.error)}`,
        );
        return;
      }
      case "connect-failed": {
        const { actor, remote, remotePort, error } = event;
        const what = error === "i/o timeout" ? error : `connect: ${error}`;
        this.#print(
          { actor, place },
          "E",
          "request.go:1116",
          `dial tcp ${this.#endpoint(remote, remotePort)}: ${what}`,
        );
        return;
      }
      case "watch-ended": {
        const type = event.call === WATCH_LEASES ? "*v1.Lease" : "*v1.Pod";
        const error = `an error on the server ("unable to decode an event from the watch stream: ${event.error}") has prevented the request from succeeding`;
        this.#print(
          { actor: event.actor, place },
          "W",
          "reflector.go:441",
          `k8s.io/client-go/informers/factory.go:134: watch of ${type} ended with: ${error}`,
        );
        return;
      }
      case "node-not-updated": {
        const silent = `${(event.silentMs / 1000).toFixed(9).replace(/0+$/, "").replace(/\.$/, "")}s`;
        this.#print(
          { actor: this.#parts.leader, place },
          "I",
          "node_lifecycle_controller.go:1092",
          `node ${nodeName(event.node)} hasn't been updated for ${silent}. Last Ready is: &NodeCondition{Type:Ready,Status:True,}`,
        );
        return;
      }
      case "node-ready":
        this.#print(
          { actor: this.#parts.leader, place },
          "I",
          "node_lifecycle_controller.go:1044",
          `ReadyCondition for Node ${nodeName(event.node)} transitioned from Unknown to True`,
        );
        return;
      case "proxy-error": {
        const { places, bytes, chunks, epoch, now, port } = this.#parts;
        const about = { places, bytes, epoch, now: now(), port, number: ++this.#proxied };
        chunks.add(`${places.names[place]}.log`, ascii(nginxErrorLine(event, about)));
        return;
      }
    }
  }

  #readError(session: JournalSession, error: string): void {
    const text =
      error === "EOF" ? "(*errors.errorString) EOF" : `(*net.OpError) ${this.#full(session, `read: ${error}`)}`;
    this.#print(session, "I", "log.go:245", `http2: Transport readFrame error on conn ${conn(session)}: ${text}`);
  }

  /** net.OpError names both ends. */
  #full(session: JournalSession, error: string): string {
    if (!error.startsWith("read: ")) return error;
    const local = this.#endpoint(session.place, session.localPort);
    return `read tcp ${local}->${this.#endpoint(session.remote, session.remotePort)}: ${error}`;
  }

  #endpoint(place: number, port: number): string {
    return printEndpoint({ address: this.#parts.places.addresses[place] as string, port });
  }

  #summaries(kind: number, a: number, b: number): string[] {
    const size = (): number => this.#parts.bytes.size(kind, b) - 9;
    switch (kind) {
      case OPEN_CLIENT:
        return [
          "SETTINGS len=12, settings: ENABLE_PUSH=0, INITIAL_WINDOW_SIZE=4194304",
          "WINDOW_UPDATE len=4 (conn) incr=1073741824",
        ];
      case OPEN_SERVER:
        return [
          "SETTINGS len=12, settings: MAX_CONCURRENT_STREAMS=250, INITIAL_WINDOW_SIZE=1048576",
          "SETTINGS flags=ACK len=0",
          "WINDOW_UPDATE len=4 (conn) incr=983041",
        ];
      case SETTINGS_ACK:
        return ["SETTINGS flags=ACK len=0"];
      case REQUEST: {
        const { body } = this.#parts.bytes.call(b);
        if (body === 0) return [`HEADERS flags=END_STREAM|END_HEADERS stream=${a} len=${size()}`];
        return [
          `HEADERS flags=END_HEADERS stream=${a} len=${size() - body - 9}`,
          `DATA flags=END_STREAM stream=${a} len=${body} data="{"`,
        ];
      }
      case RESPONSE:
      case WATCH_OPEN:
        return [
          `HEADERS flags=END_HEADERS stream=${a} len=40`,
          ...(kind === RESPONSE ? [`DATA flags=END_STREAM stream=${a} len=2 data="{}"`] : []),
        ];
      case EVENT:
        return [
          `DATA stream=${a} len=${size()} data="{\\"type\\":\\"MODIFIED\\",\\"object\\":{\\"kind\\":\\"Lease\\",\\"name\\":\\"${nodeName(b)}\\""`,
        ];
      case WATCH_END:
        return [`DATA flags=END_STREAM stream=${a} len=0 data=""`];
      case PING:
        return ['PING len=8 ping="half\\x00\\x00\\x00\\x00"'];
      case PONG:
        return ['PING flags=ACK len=8 ping="half\\x00\\x00\\x00\\x00"'];
      case GOAWAY:
        return [`GOAWAY len=8 LastStreamID=${a} ErrCode=NO_ERROR Debug=""`];
      case RST_STREAM:
        return [`RST_STREAM stream=${a} len=4 ErrCode=CANCEL`];
      case WINDOW_UPDATE:
        return [`WINDOW_UPDATE${a === 0 ? " (conn)" : ` stream=${a}`} len=4 incr=${b}`];
    }
    return [];
  }

  #print(who: { readonly actor: number; readonly place: number }, severity: string, where: string, text: string): void {
    const { places, chunks, epoch, now, group, isKubernetes } = this.#parts;
    const instant = printInstant(instantOf(epoch, now()));
    const name = group(who.actor);
    const date = instant.slice(0, 10);
    const time = `${instant.slice(11, 19)}.${(instant.slice(19).match(/\d+/)?.[0] ?? "").padEnd(6, "0").slice(0, 6)}`;
    const head = isKubernetes(who.actor)
      ? `${severity}${date.slice(5, 7)}${date.slice(8, 10)} ${time}       1 ${where}] `
      : `${date.replaceAll("-", "/")} ${time} `;
    const file =
      places.kinds[who.place] === "server"
        ? `${places.names[who.place]}-${name}.log`
        : `${places.names[who.place]}.log`;
    chunks.add(file, ascii(`${head}${text}\n`));
  }
}

const framer = ({ id }: JournalSession): string => `0xc${(0x1c0 + id * 0x20).toString(16).padStart(9, "0")}`;
const conn = ({ id }: JournalSession): string => `0xc${(0x400180 + id * 0x20).toString(16).padStart(9, "0")}`;

export interface LogParts {
  readonly places: Places;
  readonly bytes: MessageBytes;
  readonly chunks: Chunks;
  readonly epoch: bigint;
  readonly at: (place: string) => boolean;
  readonly now: () => number;
  /** The name of an actor's group. */
  readonly group: (actor: number) => string;
  readonly isKubernetes: (actor: number) => boolean;
  /** The actor that judges nodes. */
  readonly leader: number;
  readonly http2: boolean;
  /** Of the targets. */
  readonly port: number;
}
