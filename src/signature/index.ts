import { signature as abortiveClose } from "./abortive-close/signature.ts";
import { signature as acceptQueueOverflow } from "./accept-queue-overflow/signature.ts";
import { signature as acceptedThenAbandoned } from "./accepted-then-abandoned/signature.ts";
import { signature as backendTupleCollision } from "./backend-tuple-collision/signature.ts";
import { signature as captureArtefact } from "./capture-artefact/signature.ts";
import { signature as clientPortExhaustion } from "./client-port-exhaustion/signature.ts";
import { signature as closeWithUnreadData } from "./close-with-unread-data/signature.ts";
import { signature as connectionRefused } from "./connection-refused/signature.ts";
import { signature as connectionRejected } from "./connection-rejected/signature.ts";
import { signature as conntrackEntryLost } from "./conntrack-entry-lost/signature.ts";
import { signature as conntrackInvalid } from "./conntrack-invalid/signature.ts";
import { signature as deadPoolEntry } from "./dead-pool-entry/signature.ts";
import { signature as drainCutShort } from "./drain-cut-short/signature.ts";
import { signature as flowControlStall } from "./flow-control-stall/signature.ts";
import { signature as goawayError } from "./goaway-error/signature.ts";
import { signature as goawayMishandled } from "./goaway-mishandled/signature.ts";
import { signature as goawayPlanned } from "./goaway-planned/signature.ts";
import { signature as hairpinLoopback } from "./hairpin-loopback/signature.ts";
import { signature as halfClosedMisuse } from "./half-closed-misuse/signature.ts";
import { signature as idleResetBothEnds } from "./idle-reset-both-ends/signature.ts";
import { signature as inconclusive } from "./inconclusive/signature.ts";
import { signature as keepAliveRace } from "./keep-alive-race/signature.ts";
import { signature as keepaliveFailure } from "./keepalive-failure/signature.ts";
import { signature as maxLifetime } from "./max-lifetime/signature.ts";
import { signature as middleboxReset } from "./middlebox-reset/signature.ts";
import { signature as peerVanished } from "./peer-vanished/signature.ts";
import { signature as pmtuBlackHole } from "./pmtu-black-hole/signature.ts";
import { signature as processGone } from "./process-gone/signature.ts";
import { signature as protocolMismatch } from "./protocol-mismatch/signature.ts";
import { signature as proxyReload } from "./proxy-reload/signature.ts";
import { signature as resetAfterClose } from "./reset-after-close/signature.ts";
import type { Signature } from "./signature.ts";
import { signature as silentIdleDrop } from "./silent-idle-drop/signature.ts";
import { signature as slowHealthCheck } from "./slow-health-check/signature.ts";
import { signature as snatPortExhaustion } from "./snat-port-exhaustion/signature.ts";
import { signature as streamLimit } from "./stream-limit/signature.ts";
import { signature as synBlackhole } from "./syn-blackhole/signature.ts";
import { signature as targetDeregistered } from "./target-deregistered/signature.ts";
import { signature as timeWaitCollision } from "./time-wait-collision/signature.ts";
import { signature as tlsHandshakeFailure } from "./tls-handshake-failure/signature.ts";

/**
 * Every signature, in the order in which they are asked and listed. Of two equally sure claims about one connection the
 * earlier stands, so that the more specific story comes first.
 */
export const SIGNATURES: readonly Signature[] = [
  backendTupleCollision,
  hairpinLoopback,
  snatPortExhaustion,
  clientPortExhaustion,
  acceptQueueOverflow,
  conntrackInvalid,
  conntrackEntryLost,
  protocolMismatch,
  tlsHandshakeFailure,
  proxyReload,
  targetDeregistered,
  timeWaitCollision,
  middleboxReset,
  idleResetBothEnds,
  goawayError,
  drainCutShort,
  goawayMishandled,
  streamLimit,
  flowControlStall,
  keepAliveRace,
  maxLifetime,
  acceptedThenAbandoned,
  silentIdleDrop,
  closeWithUnreadData,
  abortiveClose,
  halfClosedMisuse,
  pmtuBlackHole,
  deadPoolEntry,
  processGone,
  peerVanished,
  keepaliveFailure,
  connectionRejected,
  connectionRefused,
  synBlackhole,
  slowHealthCheck,
  goawayPlanned,
  resetAfterClose,
  captureArtefact,
  inconclusive,
];
