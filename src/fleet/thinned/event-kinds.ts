/** Kinds of events of a thinned simulation, and what their index is. */

export const WAKE = 0; // slot: somebody asks for something and there is no connection
export const HANDSHAKEN = 1; // connection
export const DIAL_FAILED = 2; // connection
export const REDIAL = 3; // slot
export const TOLD_TO_GO = 4; // connection
export const WATCH_OVER = 5; // watch
export const SPEAKS = 6; // connection: the first packet from a client that does not know yet
export const NOTICED = 7; // connection
export const PORT_FREE = 8; // connection
export const BOX_CHECK = 9; // balancer node, by number
export const MONITOR = 10;
export const STEP = 11;
export const STORY = 12; // place in the agenda
export const FIRST_ASK = 13; // watch
export const ORPHAN_GONE = 14; // connection
export const RESET_SEEN = 15; // connection: its client hears that it is over
export const ORPHAN_SPEAKS = 16; // connection: a repetition after the client gave it up
export const BOX_CHECK_OVER = 17; // balancer node, by number: the timeout of its checks
