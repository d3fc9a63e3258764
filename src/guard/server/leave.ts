import { type Clock, systemClock } from "../clock.ts";
import { type Leave, type LeaveInput, type LeavePhase, SERVING, stepLeave } from "../machines/leave-session.ts";
import { GOAWAY_ANNOUNCEMENT, goawayFrame } from "./goaway-frame.ts";
import type { Http2Link } from "./watch-server.ts";

/** CANCEL: RFC 9113 §7. What a client is told when its streams outlive the grace: not NO_ERROR, since something was lost. */
const CANCEL = 0x08;

export interface LeaveSettings {
  readonly roundTripLimitMs: number;
  readonly graceMs?: number;
  readonly clock?: Clock;
  /** Once, when the connection is gone; `cut`: with streams open. */
  readonly onGone?: (cut: boolean) => void;
}

const leaving = new WeakMap<object, { hurry: (settings: LeaveSettings) => void }>();

/** Whether `leave` was begun on it, or its client said goodbye. */
export function isLeaving(link: Http2Link): boolean {
  return leaving.has(link.session) || link.session.closed;
}

/** Drives `stepLeave` for one connection. A second call, by a drain that follows the filter, adds its grace and its callback. */
export function leave(link: Http2Link, settings: LeaveSettings): void {
  const begun = leaving.get(link.session);
  if (begun !== undefined) return begun.hurry(settings);
  const { session, inject } = link;
  const clock = settings.clock ?? systemClock;
  const onGone = settings.onGone === undefined ? [] : [settings.onGone];
  let graceMs = settings.graceMs;
  let state: Leave = SERVING;
  let cut = false;
  let callOff = () => {};

  const options = () => ({
    announce: inject !== undefined,
    roundTripLimitMs: settings.roundTripLimitMs,
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const step = (input: LeaveInput): void => {
    callOff();
    const next = stepLeave(state, input, clock.now(), options());
    state = next.state;
    if (next.wakeAtMs !== undefined) callOff = clock.after(next.wakeAtMs - clock.now(), () => step("tick"));
    switch (next.action) {
      case "announce":
        inject?.(GOAWAY_ANNOUNCEMENT);
        if (!session.destroyed && !session.closed) session.ping(() => step("pong"));
        return;
      case "finish":
        if (!session.destroyed) session.close();
        return;
      case "cut":
        cut = true;
        if (session.destroyed) return;
        inject?.(goawayFrame(session.state.lastProcStreamID ?? 0, CANCEL));
        // Closed first: Node then ends the socket behind what is written, and does not throw it away.
        session.close();
        session.destroy(undefined, CANCEL);
        return;
      case undefined:
    }
  };

  leaving.set(session, {
    hurry: (more) => {
      if (more.onGone !== undefined) onGone.push(more.onGone);
      if (more.graceMs === undefined) return;
      // The grace counts from the start of leaving; a later caller means from now.
      graceMs = clock.now() - (state.startedMs ?? clock.now()) + more.graceMs;
      step("tick");
    },
  });
  session.once("close", () => {
    callOff();
    state = { ...state, phase: "gone" satisfies LeavePhase };
    for (const then of onGone) then(cut);
  });
  step("start");
}
