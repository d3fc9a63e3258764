/** The kinds of events of a simulation: who is woken. */

/** A packet reaches the end of a link; index: packet. */
export const ARRIVAL = 0;
/** A socket's timer; index: socket, stamped. */
export const SOCKET_TIMER = 1;
/** A request's service is over; index: job. */
export const SERVED = 2;
/** A session's timer, at the client's end and at the server's; index: session, stamped. */
export const CLIENT_TIMER = 3;
export const SERVER_TIMER = 4;
/** An actor has something to ask; index: errand. */
export const ERRAND = 5;
/** A new attempt to connect; index: slot, stamped. */
export const REDIAL = 6;
/** The next thing of the story; index: its place in the agenda. */
export const STORY = 7;
/** The end of a step of the series. */
export const SAMPLE = 8;
/** The node lifecycle looks at all nodes. */
export const MONITOR = 9;
/** A balancer node checks its targets; index: node. */
export const HEALTH = 10;
/** Boxes clear their tables. */
export const SWEEP = 11;
/** A watch is over; index: watch. */
export const WATCH_OVER = 12;
/** A request has waited long enough for its server; index: job, stamped. */
export const DEADLINE = 13;
/** A balancer's timers: its end of a client's connection, and of a target's; stamped. */
export const FRONT_TIMER = 14;
export const BACK_TIMER = 15;
/** A socket's keepalive timer; index: socket, stamped with its generation. */
export const SOCKET_KEEP = 16;
/** The timeout of a balancer node's checks is over; index: node. */
export const HEALTH_OVER = 17;
