/**
 * Runs a fleet: puts what begins it into its queue, and gives each event to whoever knows what it means. `simulate-thinned.ts` says what is
 * skipped and why that is sound.
 */
import type { CheckAnswer } from "../balancer/targets.ts";
import { START_MS } from "../figures.ts";
import { DRAINING, OPEN } from "./connections.ts";
import { step } from "./counting.ts";
import { dial, dialFailed, wants } from "./dial.ts";
import {
  BOX_CHECK,
  BOX_CHECK_OVER,
  DIAL_FAILED,
  FIRST_ASK,
  HANDSHAKEN,
  MONITOR,
  NOTICED,
  ORPHAN_GONE,
  ORPHAN_SPEAKS,
  PORT_FREE,
  REDIAL,
  RESET_SEEN,
  SPEAKS,
  STEP,
  STORY,
  TOLD_TO_GO,
  WAKE,
  WATCH_OVER,
} from "./event-kinds.ts";
import type { FleetState, ServerState } from "./fleet-state.ts";
import { forgetAtTarget, freePort } from "./four-tuples.ts";
import { goaway } from "./go-away.ts";
import { numberOf } from "./look-up.ts";
import { monitor } from "./monitor.ts";
import { noticed, speaks } from "./notice.ts";
import { opened } from "./open.ts";
import { orphanSpeaks } from "./orphans.ts";
import { wakeAtNextRequest } from "./requests.ts";
import { ask, watchOver } from "./watches.ts";

export function start(fleet: FleetState): void {
  for (let slot = 0; slot < fleet.layout.slots; slot++) wakeAtNextRequest(fleet, slot);
  for (const watch of fleet.layout.leaseWatches) fleet.wantsList[watch] = 1;
  fleet.heartbeats?.hang(0);
  for (let watch = 0; watch < fleet.layout.watches; watch++)
    fleet.queue.push(fleet.dice.uniform(fleet.die) * START_MS, FIRST_ASK, watch, 0);
  fleet.queue.push(fleet.stepMs, STEP, 0);
  const check = fleet.balancer?.healthCheck.intervalMs;
  if (check !== undefined)
    for (const [i] of fleet.layout.nodes.entries())
      fleet.queue.push(((i + 0.5) / fleet.layout.nodes.length) * check, BOX_CHECK, i);
}

export function run(fleet: FleetState, untilMs: number, onProgress?: (share: number) => void): void {
  let next = 0;
  const { queue } = fleet;
  while (queue.pop() && queue.at <= untilMs) {
    fleet.now = queue.at;
    if ((fleet.events++ & 0xffff) === 0 && fleet.now >= next) {
      onProgress?.(fleet.now / untilMs);
      next = fleet.now + untilMs / 100;
    }
    handle(fleet, queue.kind, queue.index, queue.stamp);
  }
  fleet.now = untilMs;
  if (fleet.steps * fleet.stepMs < untilMs) step(fleet);
  const c = fleet.connections;
  for (let i = 0; i < c.used; i++)
    if (c.state[i] === OPEN || c.state[i] === DRAINING) fleet.recorder.stillBelieved(c.deadAt[i] as number, untilMs);
  fleet.heartbeats?.finish(untilMs);
  onProgress?.(1);
}

function handle(fleet: FleetState, kind: number, index: number, stamp: number): void {
  const c = fleet.connections;
  switch (kind) {
    case WAKE:
      if (fleet.wakeStamp[index] === stamp) wants(fleet, index);
      return;
    case HANDSHAKEN:
      if (c.stamp[index] === stamp) opened(fleet, index);
      return;
    case DIAL_FAILED:
      if (c.stamp[index] === stamp) dialFailed(fleet, index);
      return;
    case REDIAL:
      fleet.waiting[index] = 0;
      dial(fleet, index);
      return;
    case TOLD_TO_GO:
      if (c.stamp[index] === stamp) goaway(fleet, index);
      return;
    case WATCH_OVER:
      if (fleet.watchStamp[index] === stamp) watchOver(fleet, index);
      return;
    case FIRST_ASK:
      ask(fleet, index);
      return;
    case SPEAKS:
      if (c.stamp[index] === stamp) speaks(fleet, index);
      return;
    case NOTICED:
      if (c.stamp[index] === stamp) noticed(fleet, index);
      return;
    case RESET_SEEN:
      if (c.stamp[index] === stamp) noticed(fleet, index, true);
      return;
    case PORT_FREE:
      freePort(fleet, index);
      return;
    case ORPHAN_SPEAKS:
      if (c.stamp[index] === stamp) orphanSpeaks(fleet, index);
      return;
    case ORPHAN_GONE:
      if (c.stamp[index] === stamp) {
        forgetAtTarget(fleet, index);
        freePort(fleet, index);
      }
      return;
    case BOX_CHECK:
      checkTargets(fleet, index);
      return;
    case BOX_CHECK_OVER:
      if (!fleet.lostNodes.has(fleet.layout.nodes[index] as number))
        fleet.targets?.checksOver(fleet.layout.nodes[index] as number);
      return;
    case MONITOR:
      monitor(fleet);
      return;
    case STEP:
      step(fleet);
      return;
    case STORY:
      fleet.agenda[index]?.();
      return;
  }
}

function checkTargets({ balancer, layout, lostNodes, now, queue, serverStates, targets }: FleetState, i: number): void {
  const node = layout.nodes[i] as number;
  if (balancer === undefined) return;
  const { intervalMs, timeoutMs } = balancer.healthCheck;
  const answer = (place: number): CheckAnswer => ANSWERS[serverStates[numberOf(place)] as ServerState];
  // First the end of this round, then the next: they may be due at one instant.
  if (!lostNodes.has(node) && targets?.check(node, answer)) queue.push(now + timeoutMs, BOX_CHECK_OVER, i);
  queue.push(now + intervalMs, BOX_CHECK, i);
}

const ANSWERS: Readonly<Record<ServerState, CheckAnswer>> = { up: "passes", down: "fails", gone: "none" };
