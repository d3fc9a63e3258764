import { signature as acceptedThenAbandoned } from "./accepted-then-abandoned/signature.ts";
import { signature as backendTupleCollision } from "./backend-tuple-collision/signature.ts";
import { signature as captureArtefact } from "./capture-artefact/signature.ts";
import { signature as connectionRefused } from "./connection-refused/signature.ts";
import { signature as connectionRejected } from "./connection-rejected/signature.ts";
import { signature as hairpinLoopback } from "./hairpin-loopback/signature.ts";
import { signature as inconclusive } from "./inconclusive/signature.ts";
import { signature as keepAliveRace } from "./keep-alive-race/signature.ts";
import { signature as peerVanished } from "./peer-vanished/signature.ts";
import { signature as processGone } from "./process-gone/signature.ts";
import { signature as resetAfterClose } from "./reset-after-close/signature.ts";
import type { Signature } from "./signature.ts";
import { signature as silentIdleDrop } from "./silent-idle-drop/signature.ts";
import { signature as snatPortExhaustion } from "./snat-port-exhaustion/signature.ts";
import { signature as synBlackhole } from "./syn-blackhole/signature.ts";

/**
 * Every signature, in the order in which they are asked and listed. Of two equally sure claims about one connection the
 * earlier stands, so that the more specific story comes first.
 */
export const SIGNATURES: readonly Signature[] = [
  backendTupleCollision,
  hairpinLoopback,
  snatPortExhaustion,
  keepAliveRace,
  acceptedThenAbandoned,
  silentIdleDrop,
  processGone,
  peerVanished,
  connectionRejected,
  connectionRefused,
  synBlackhole,
  resetAfterClose,
  captureArtefact,
  inconclusive,
];
