import { SECOND } from "../../net/time.ts";
import type { Side } from "../../session/segment.ts";
import { farSide } from "../far-side.ts";
import type { Scene } from "../scene.ts";
import { strangeness } from "../stranger.ts";
import { TLS_ALERT, TLS_APPLICATION_DATA } from "../tls-records.ts";
import { other, type Step } from "../trail-queries.ts";
import type { Alert, Handshake, SentRecord } from "./handshake.ts";
import { isFailure } from "./reasons.ts";

/** How a handshake failed on the wire. */
export type Failure =
  | { readonly kind: "alert"; readonly alert: Alert }
  /** A record of an alert's size where something else had to come: its name is not readable. */
  | { readonly kind: "sealed-alert"; readonly side: Side; readonly record: SentRecord; readonly end: Step }
  /** A close without a word. */
  | { readonly kind: "closed"; readonly side: Side; readonly end: Step; readonly stage: "hello" | "flight" }
  /** RST as soon as the second segment of a ClientHello arrives. */
  | { readonly kind: "hello-rejected"; readonly end: Step; readonly foreign: boolean };

/** Two bytes of alert, one of type, sixteen of tag (RFC 8446 §5.2, §6). */
const SEALED_ALERT_13 = 19;
/** An empty Certificate message in its record: header 4, context 1, list 3, type 1, tag 16 (RFC 8446 §4.4.2). */
const EMPTY_CERTIFICATE_13 = 25;

/** How the handshake failed; undefined where it did not, or nothing shows it. */
export function failureOf(scene: Scene, handshake: Handshake): Failure | undefined {
  const alert = handshake.alerts.find((a) => isFailure(a.description) && !a.passedOver && endsHandshake(handshake, a));
  if (alert !== undefined) return { kind: "alert", alert };
  if (handshake.alerts.length > 0 || handshake.answered || handshake.finished) return undefined;
  const end = handshake.reading.steps.find((s) => s.fin || s.rst);
  if (end === undefined) return undefined;
  return sealedAlert(handshake, end) ?? rejectedHello(scene, handshake, end) ?? closed(handshake, end);
}

/** In the clear it is of the handshake by its nature; opened, what comes after the handshake is another story. */
function endsHandshake({ finished, answered }: Handshake, { side, how }: Alert): boolean {
  // TLS 1.3: a server judges the client's certificate when the client has done its part already.
  return how === "clear" || !finished || (side === "server" && !answered);
}

function sealedAlert(handshake: Handshake, end: Step): Failure | undefined {
  const { is13, clientRecords, serverRecords } = handshake;
  if (!is13) return undefined;
  const [first, ...more] = clientRecords;
  if (first !== undefined && isAlert13(first) && more.length === 0 && serverRecords.length === 0) {
    return { kind: "sealed-alert", side: "client", record: first, end };
  }
  const [answer, ...later] = serverRecords;
  if (answer === undefined || !isAlert13(answer) || later.length > 0 || first?.length !== EMPTY_CERTIFICATE_13)
    return undefined;
  const soon = answer.step.time - first.step.time < 5 * SECOND && answer.step.index < end.index;
  return soon && end.side === "server" ? { kind: "sealed-alert", side: "server", record: answer, end } : undefined;
}

const isAlert13 = ({ type, length }: SentRecord): boolean =>
  type === TLS_APPLICATION_DATA && length === SEALED_ALERT_13;

/** The ClientHello needs two segments, and a RST answers them instead of a ServerHello. */
function rejectedHello(
  scene: Scene,
  { reading, hello, helloBytes, serverHello }: Handshake,
  end: Step,
): Failure | undefined {
  const cut = hello.segment.length < helloBytes;
  if (!cut || serverHello !== undefined || !end.rst || end.side !== "server") return undefined;
  const last = reading.steps.findLast((s) => s.side === "client" && s.fresh && s.index < end.index);
  if (last === undefined || end.time - last.time > SECOND) return undefined;
  const unsent = farSide(scene, reading, last).some(
    (far) => far.atReceiver && far.covers && !far.reading.steps.some((s) => s.side === "server" && s.rst),
  );
  const foreign = unsent || strangeness(scene, reading, end).some((sign) => sign.strong);
  return { kind: "hello-rejected", end, foreign };
}

function closed(
  { reading, hello, serverHello, clientRecords, serverRecords }: Handshake,
  end: Step,
): Failure | undefined {
  const { steps } = reading;
  if (
    steps.some(
      (s) => s.fresh && s.index > hello.index && s.side === "server" && s !== serverHello && serverHello === undefined,
    )
  )
    return undefined;
  if (clientRecords.some((r) => r.type !== TLS_ALERT) || serverRecords.length > 0) return undefined;
  if (serverHello === undefined) {
    if (end.side !== "server" || end.index < hello.index || reading.unseen.server) return undefined;
    return { kind: "closed", side: "server", end, stage: "hello" };
  }
  // Whoever waits long before it leaves may only have lost patience.
  const heard = steps.findLast((s) => s.side === other(end.side) && s.fresh && s.index < end.index);
  if (end.side !== "client" || heard === undefined || end.time - heard.time > SECOND || reading.unseen.client)
    return undefined;
  return { kind: "closed", side: "client", end, stage: "flight" };
}
