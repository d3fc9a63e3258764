import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import { printable } from "../../net/printable.ts";
import { printSpan } from "../../net/time.ts";
import { capital, shown } from "../findings.ts";
import type { Evidence, RuledOut } from "../signature.ts";
import { endpointOf, named } from "../trail-queries.ts";
import type { FailedHandshake } from "./failed-handshakes.ts";
import type { Failure } from "./failure.ts";
import { OTHER, printAlert, type Reason, reasonOfAlert } from "./reasons.ts";

/** The reason that the packets give; undefined where they give none. */
export function reasonOf({ handshake, failure }: FailedHandshake): Reason | undefined {
  switch (failure.kind) {
    case "alert": {
      const { description, side } = failure.alert;
      const judged = side === "server" && handshake.emptyCertificate && [40, 42].includes(description);
      if (judged) return reasonOfAlert(CERTIFICATE_REQUIRED);
      if (description === HANDSHAKE_FAILURE && handshake.serverHello === undefined) return reasonOfAlert(INSUFFICIENT);
      return reasonOfAlert(description);
    }
    case "sealed-alert":
      return failure.side === "server" ? reasonOfAlert(CERTIFICATE_REQUIRED) : undefined;
    case "closed":
    case "hello-rejected":
      return undefined;
  }
}

const HANDSHAKE_FAILURE = 40;
const INSUFFICIENT = 71;
const CERTIFICATE_REQUIRED = 116;

/** The variant where no reason is known. */
export const VARIANT: Readonly<Record<Failure["kind"], string>> = {
  alert: OTHER.variant,
  "sealed-alert": "encrypted-alert",
  closed: "closed-without-alert",
  "hello-rejected": "client-hello-rejected",
};

/** One or two sentences. `reason` is what packets and logs together say. */
export function summaryOf(failed: FailedHandshake, reason: Reason | undefined): string {
  const { trail, handshake, failure } = failed;
  const { serverName } = handshake;
  const asked = serverName === undefined ? "" : ` for "${printable(serverName).slice(0, 100)}"`;
  const who = `The TLS handshake of ${named(trail, "client")} with ${named(trail, "server")}${asked}`;
  const why = reason === undefined ? "" : `: ${reason.says}`;
  switch (failure.kind) {
    case "alert": {
      const { side, description, how } = failure.alert;
      return `${who} failed: the ${side} sent the alert ${printAlert(description)}${how === "decrypted" ? ", read with the key log" : ""}${why}.`;
    }
    case "sealed-alert":
      return failure.side === "client"
        ? `${who} most likely failed at the client: in place of its Finished the client sent a record of an alert's size, then the connection closed${why === "" ? ". It did not accept what the server had sent, usually its certificate" : why}.`
        : `${who} most likely failed at the server: after an empty client certificate it sent only a record of an alert's size and closed${why}.`;
    case "closed":
      return failure.stage === "hello"
        ? `${who} got no answer: the server closed ${gap(failed, failure.end.time)} after the ClientHello without a ServerHello or an alert${why}.`
        : `${who} was broken off by the client ${gap(failed, failure.end.time)} after the ClientHello, when it had seen the server's part, without an alert${why === "" ? "; a client that does not accept a certificate may leave so" : why}.`;
    case "hello-rejected":
      return `${who} was reset ${gap(failed, failure.end.time)} after its ClientHello of ${handshake.helloBytes} bytes in two segments${failure.foreign ? "; the RST was not sent by the server itself but by something on the way" : ""}${why}.`;
  }
}

const gap = ({ handshake }: FailedHandshake, time: number): string => printSpan(time - handshake.hello.time);

/** The packets of the story. */
export function packetsOf({ trail, handshake, failure }: FailedHandshake): Evidence[] {
  const { reading, hello, serverHello } = handshake;
  const begin = [
    shown(reading, hello, "ClientHello"),
    ...(serverHello === undefined ? [] : [shown(reading, serverHello, "the server's first flight")]),
  ];
  switch (failure.kind) {
    case "alert": {
      const { alert } = failure;
      const how = alert.how === "decrypted" ? "read with the key log" : "in the clear";
      const shows = `alert ${printAlert(alert.description)} from the ${alert.side}, ${how}`;
      return [...begin, { vantage: trail.vantage, packet: alert.packet, at: alert.at, shows }];
    }
    case "sealed-alert": {
      const { record, side, end } = failure;
      const shows = `a protected record of ${record.length} bytes from the ${side}: the size of an alert`;
      const close = `${end.rst ? "RST" : "FIN"} from the ${end.side}`;
      return [
        ...begin,
        shown(reading, record.step, shows),
        ...(end === record.step ? [] : [shown(reading, end, close)]),
      ];
    }
    case "closed":
    case "hello-rejected": {
      const { end } = failure;
      const shows = `${end.rst ? "RST" : "FIN"} from the ${end.side}, without an alert before it`;
      return [...begin, shown(reading, end, shows)];
    }
  }
}

/** What else ends a connection early, and why it is not that. */
export function ruledOut({ failure }: FailedHandshake): RuledOut[] {
  const read = failure.kind === "alert";
  return [
    { cause: "keep-alive-race", because: "no request had been sent: the connection was still being opened" },
    { cause: "silent-idle-drop", because: "there was no silence before it" },
    ...(read ? [{ cause: "process-gone", because: "an alert is sent by a live process that says why" }] : []),
    ...(failure.kind === "sealed-alert"
      ? [{ cause: "protocol-mismatch", because: "both ends speak TLS: the ServerHello was sent and taken" }]
      : []),
  ];
}

/** What would tell more. */
export function nextOf({ trail, failure }: FailedHandshake): string {
  const server: Endpoint = endpointOf(trail, "server");
  const at = printEndpoint(server);
  switch (failure.kind) {
    case "alert":
    case "sealed-alert":
      return `On the client's host: openssl s_client -connect ${at} -servername NAME -showcerts </dev/null shows certificate and alert; or set SSLKEYLOGFILE for the client and give the key log along with the capture`;
    case "closed":
      return `${capital(failure.side === "server" ? "the server's" : "the client's")} log at that time says why; openssl s_client -connect ${at} -servername NAME -showcerts </dev/null shows what is presented`;
    case "hello-rejected":
      return `Capture on the server's own host: tcpdump -ni any -s 0 -w evidence.pcap 'host ${endpointOf(trail, "client").address} and tcp port ${server.port}' (does the second segment arrive, does the RST leave?); try a small ClientHello: openssl s_client -connect ${at} -groups X25519 </dev/null`;
  }
}
