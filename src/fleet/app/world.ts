import type { Clients, Scenario } from "../../scenario/scenario.ts";
import type { Places } from "../balancer/places.ts";
import type { Dice } from "../engine/dice.ts";
import type { EventQueue } from "../engine/event-queue.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Ports } from "../kernel/ports.ts";
import { flush, write } from "../kernel/tcp.ts";
import type { Recorder } from "../measure/recorder.ts";
import type { Journal } from "./journal.ts";
import type { MessageBytes } from "./message-bytes.ts";

/** What the applications of all hosts share. */
export interface World {
  readonly scenario: Omit<Scenario, "variants">;
  readonly kernel: Kernel;
  readonly queue: EventQueue;
  readonly dice: Dice;
  readonly places: Places;
  readonly ports: Ports;
  readonly bytes: MessageBytes;
  readonly recorder: Recorder;
  readonly actors: readonly Actor[];
  readonly groups: readonly Group[];
  /** Places of the servers, by number, and of the balancer's nodes. */
  readonly servers: readonly number[];
  readonly nodes: readonly number[];
  /** What programs print; absent: nobody reads it. */
  journal?: Journal | undefined;
}

export interface Group {
  readonly name: string;
  readonly clients: Clients;
  readonly keepalive: number;
}

/** One member of a group of clients. */
export interface Actor {
  readonly id: number;
  readonly group: number;
  readonly place: number;
  /** Its number among the kubelets; -1: none. */
  readonly node: number;
}

/** What clients speak with whoever they connect to. */
export function frontProtocol({ network }: Omit<Scenario, "variants">): "http1" | "http2" {
  const own = network.balancer?.kind === "application" ? network.balancer.protocol : undefined;
  return own ?? network.servers.protocol;
}

/** Puts a message into a connection's stream; `flush` sends it. */
export function say(world: World, sk: number, kind: number, a: number, b: number): void {
  const size = world.bytes.size(kind, b);
  write(world.kernel, sk, world.kernel.messages.take(kind, a, b), size);
}

export function sayNow(world: World, sk: number, kind: number, a: number, b: number): void {
  say(world, sk, kind, a, b);
  flush(world.kernel, sk);
}

export const MS = 1e6;
