import { printEndpoint } from "../../net/endpoint.ts";
import type { Segment } from "../../session/segment.ts";
import type { Evidence, PacketEvidence } from "../signature.ts";
import type { Aftermath } from "./aftermath.ts";
import { oriented } from "./oriented.ts";
import { type Story, shows } from "./story.ts";
import { toldToGo } from "./told-to-go.ts";

/** The packets of a lost connection's story: in use, collision, at the backend, what came of it. */
export function lostEvidence(story: Story, after: Aftermath): Evidence[] {
  const old =
    story.oldServer === undefined ? "another connection" : `the connection to ${printEndpoint(story.oldServer)}`;
  const told = toldToGo(story);
  return [
    ...(told === undefined ? [] : [told]),
    ...collisionEvidence(story, old),
    ...backendEvidence(story),
    ...laterEvidence(story, after),
  ];
}

function collisionEvidence({ collision, home, older, newServer, client }: Story, old: string): PacketEvidence[] {
  const { challenge, challengedAt } = collision;
  const list: PacketEvidence[] = [];
  const syn = home?.syns[0];
  if (older !== undefined && home?.vantage === older.trail.vantage) {
    const last = oriented(older.trail.segments, older.side).findLast((s) => s.packet < (syn?.packet ?? 0));
    if (last !== undefined) list.push(shows(older.trail.vantage, last, `${old} is open: nobody has sent FIN or RST`));
  }
  if (home !== undefined && syn !== undefined) {
    const to = newServer === undefined ? "the server" : printEndpoint(newServer);
    list.push(shows(home.vantage, syn, `SYN from the same client port ${client.port} to ${to}`));
  }
  if (challenge !== undefined) {
    const whose = older?.fit === "exact" ? `the number that ${old} expects next` : "no number of this connection";
    list.push(
      shows(
        challengedAt,
        challenge.answer,
        challenge.answer.length > 0
          ? `no SYN-ACK but ${challenge.answer.length} bytes of data with the numbers of ${old} (ack ${challenge.answer.ack}): its replies now come under this address`
          : `not a SYN-ACK but a bare ACK, and its ack ${challenge.answer.ack} is ${whose}: a challenge ACK`,
      ),
    );
    if (challenge.reset !== undefined) {
      list.push(
        shows(
          challengedAt,
          challenge.reset,
          "the client knows no such number here and answers RST with it: exactly the RST that the backend believes on the old connection",
        ),
      );
    }
  }
  if (home === undefined) return list;
  const from = challengedAt === home.vantage ? (challenge?.answer.packet ?? 0) : (syn?.packet ?? 0);
  const again = home.syns.find((s) => s.packet > from);
  if (again !== undefined) list.push(shows(home.vantage, again, "the same SYN again"));
  if (home.synAck !== undefined) {
    list.push(shows(home.vantage, home.synAck, "accepted now: the backend no longer has the old connection"));
  }
  return list;
}

/** The same as the backend saw it, where both connections have one socket pair. */
function backendEvidence({ backend }: Story): PacketEvidence[] {
  const challenge = backend?.challenges[0];
  if (backend === undefined || challenge === undefined) return [];
  const pair = `${printEndpoint(backend.client)} - ${printEndpoint(backend.server)}`;
  const list = [
    shows(
      backend.vantage,
      challenge.syn,
      `at the backend the SYN arrives on the socket pair of the old connection, ${pair}`,
    ),
  ];
  if (challenge.reset !== undefined) {
    list.push(shows(backend.vantage, challenge.reset, "and the RST with the number that the old connection expects"));
  }
  return list;
}

function laterEvidence({ older, home }: Story, after: Aftermath): PacketEvidence[] {
  const at = older?.trail.vantage ?? home?.vantage ?? 0;
  const list: PacketEvidence[] = [];
  const add = (segment: Segment | undefined, text: string) => {
    if (segment !== undefined) list.push(shows(at, segment, text));
  };
  const said = after.speech ?? after.echoes[0];
  add(said, "the client still speaks on the old connection, with its numbers");
  const reply = after.answers.find((a) => a.packet > (said?.packet ?? 0));
  add(reply, `the answer carries the newer connection's numbers (ack ${reply?.ack})`);
  add(after.strayed[0], "data of the newer connection comes under the old one's address");
  const times = after.repeats.length;
  add(
    after.repeats.at(-1),
    `sent again ${times === 1 ? "" : `for the ${times}${ordinal(times)} time `}and not acknowledged`,
  );
  add(after.reset, "RST: the backend has no connection with these numbers any more");
  return list;
}

function ordinal(n: number): string {
  const teen = n % 100 > 10 && n % 100 < 14;
  return teen ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
}
