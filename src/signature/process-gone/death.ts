import type { Trail } from "../../session/segment.ts";
import type { ServerClose } from "../server-close.ts";
import type { Work } from "./work.ts";

/** A close with what happened around it. */
export interface Death {
  readonly close: ServerClose;
  readonly work: Work;
  /** Other connections that the same server closed at the same instant. */
  readonly fellows: readonly ServerClose[];
  /** A connection attempt that was refused right afterwards. */
  readonly refused: Trail | undefined;
}
