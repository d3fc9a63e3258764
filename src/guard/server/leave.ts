import { type Clock, systemClock } from "../clock.ts";
import { type Leave, type LeaveInput, SERVING, stepLeave } from "../machines/leave-session.ts";
import { GOAWAY_ANNOUNCEMENT } from "./goaway-announcement.ts";
import { owesPush, refusePushes } from "./pushes.ts";
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
  const { session, socket, inject } = link;
  const clock = settings.clock ?? systemClock;
  const onGone = settings.onGone === undefined ? [] : [settings.onGone];
  let graceMs = settings.graceMs;
  let state: Leave = SERVING;
  let cut = false;
  let callOff = () => {};

  const ready = (): boolean => {
    refusePushes(session);
    return !owesPush(session);
  };
  const step = (input: LeaveInput): void => {
    callOff();
    const { roundTripLimitMs } = settings;
    const options = { announce: inject !== undefined, roundTripLimitMs, ...(graceMs === undefined ? {} : { graceMs }) };
    const next = stepLeave(state, input, clock.now(), options);
    state = next.state;
    if (next.wakeAtMs !== undefined) callOff = clock.after(next.wakeAtMs - clock.now(), () => step("tick"));
    switch (next.action) {
      case "announce":
        inject?.(GOAWAY_ANNOUNCEMENT, (written) => step(written ? "written" : "blocked"), ready);
        return;
      case "measure":
        // An error: too many PINGs of the application are on their way. The limit for the answer is then the wait.
        if (!session.destroyed && !session.closed) session.ping((error) => error === null && step("pong"));
        return;
      case "finish":
        session.close();
        return;
      case "cut":
        session.close();
        // Node has destroyed it by now if nothing was open and nothing is left to write.
        setImmediate(() => {
          if (session.destroyed) return;
          cut = true;
          // GOAWAY with this code goes before the end of the socket, since the session was closed first. Undefined would mean NO_ERROR.
          session.destroy(null as unknown as undefined, CANCEL);
        });
        return;
      case "destroy":
        socket.destroy();
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
  socket.once("finish", () => step("ended"));
  // The socket's and not the session's: a client that does not close its side holds the connection after the session is gone.
  socket.once("close", () => {
    step("closed");
    for (const then of onGone) then(cut);
  });
  step("start");
}
