import { printSpan, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly, capital, carried, onePerConnection, shown, withSightings } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, LogEvidence, PacketEvidence, Signature } from "../signature.ts";
import { endpointOf, named, readTrail } from "../trail-queries.ts";
import { type HalfClose, halfClose } from "./half-close.ts";

export const signature: Signature = {
  id: "half-closed-misuse",
  kind: "incident",
  title: "A client half-closed after its request, and the server took that for a client that had gone",
  symptoms: ["empty-reply", "connection-reset"],
  certainFrom: "never from packets alone: whether the client still waited for the answer only it can say",
  remedy:
    "At the client: do not shut the sending side down before the answer is there; HTTP says where a request ends without it (nc -N, socat and scripts that close standard input do this). At the server or proxy: where such clients matter, go on after their FIN (nginx proxy_ignore_client_abort, HAProxy without option abortonclose, Node allowHalfOpen).",
  references: [
    "RFC 9293 §3.6.1 (a half-closed connection may still receive)",
    "RFC 9112 §9.6 (tear-down)",
    "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_client_abort",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  if (scene.vantages[trail.vantage]?.oneSided !== false) return undefined;
  const half = halfClose(readTrail(trail));
  if (half === undefined) return undefined;
  const { reading, request, fin, close } = half;
  const said = clientClosedLines(scene, half);
  const repeated = alike(scene, trail);
  const confidence: Confidence = said.length > 0 || repeated > 0 ? "likely" : "possible";
  const server = endpointOf(trail, "server");
  return {
    cause: signature.id,
    variant: close.rst ? "reset" : "closed",
    confidence,
    initiator: "server",
    at: close.time,
    trails: withSightings(scene, trail),
    evidence: [...evidenceOf(scene, half), ...said.slice(0, 2)],
    summary: `${capital(named(trail, "client"))} sent a request (${carried(reading, request)}) and FIN ${printSpan(fin.time - request.time)} behind it, which only says that no more comes; ${named(trail, "server")} took it for the end and closed with ${close.rst ? "RST" : "FIN"} ${printSpan(close.time - fin.time)} later without a byte of answer.`,
    ruledOut: [
      {
        cause: "accepted-then-abandoned",
        because: "the client had closed its sending side first, and the server did not wait",
      },
      { cause: "keep-alive-race", because: "the server acknowledged the request and the FIN before it closed" },
    ],
    refutedBy: "a client that closed its socket for good at that moment and expected no answer",
    next: `${captureAt(`the client ${endpointOf(trail, "client").address}`, hostFilter(server.address, server.port), "with ss -tanp beside it: FIN-WAIT-2 with a process means that it still waits for the answer")}`,
    symptoms: [close.rst ? "connection-reset" : "empty-reply"],
    inferred: ["that the client still waited for an answer: its FIN came right behind the request"],
  };
}

/** What a proxy writes when it takes the client for gone: status 499 (nginx), or the words; by the client's address and the time. */
function clientClosedLines(scene: Scene, { reading, request, close }: HalfClose): readonly LogEvidence[] {
  const vantage = scene.vantages[reading.trail.vantage];
  const client = endpointOf(reading.trail, "client");
  if (vantage === undefined) return [];
  return scene.logs.flatMap((log) => {
    const { how, uncertainty } = log.clock;
    if (how === "none" || (Number.isFinite(uncertainty) ? uncertainty > CLOCK : how !== "stated")) return [];
    return log.entries.flatMap((entry) => {
      const { content } = entry;
      const said =
        content.kind === "request"
          ? content.status === 499 && content.client?.address === client.address
          : "text" in content && PREMATURE.test(content.text) && content.text.includes(client.address);
      const instant = said ? log.instantOf(entry) : undefined;
      if (instant === undefined) return [];
      const at = scene.toVantage(vantage, instant);
      if (at < request.time - CLOCK || at > close.time + CLOCK) return [];
      return [
        { log: log.index, line: entry.line, shows: "the server's side says that the client had closed the connection" },
      ];
    });
  });
}

/** Access logs give whole seconds. */
const CLOCK = 2 * SECOND;

const PREMATURE = /client (?:prematurely )?closed (?:the )?connection|client (?:has )?disconnected/i;

/** Other connections from that client to that server with the same story: a habit, no accident. */
function alike(scene: Scene, trail: Trail): number {
  const client = endpointOf(trail, "client").address;
  const server = endpointOf(trail, "server");
  return (scene.vantages[trail.vantage]?.trails ?? []).filter((t) => {
    const [c, s] = [endpointOf(t, "client"), endpointOf(t, "server")];
    return (
      t !== trail &&
      c.address === client &&
      s.address === server.address &&
      s.port === server.port &&
      halfClose(readTrail(t)) !== undefined
    );
  }).length;
}

function evidenceOf(scene: Scene, { reading, request, fin, close }: HalfClose): readonly PacketEvidence[] {
  return briefly([
    shown(reading, request, `the request (${carried(reading, request)})`),
    ...(fin === request
      ? []
      : [shown(reading, fin, "the client's FIN: nothing more comes from it, it can still receive")]),
    shown(reading, close, `the server closes with ${close.rst ? "RST" : "FIN"}, no answer before it`),
    ...scene.sightings(reading.trail).flatMap(({ trail }) => {
      const theirs = halfClose(readTrail(trail));
      return theirs === undefined ? [] : [shown(theirs.reading, theirs.close, "the same close, seen here")];
    }),
  ]);
}
