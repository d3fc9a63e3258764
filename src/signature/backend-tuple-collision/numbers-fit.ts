import { seqAfter, seqDiff } from "../../net/sequence.ts";
import { RST } from "../../net/tcp-flags.ts";
import type { Segment, Side, Trail } from "../../session/segment.ts";
import { remember } from "../remember.ts";
import { other } from "../trail-queries.ts";
import { endOf, hasFlags } from "../tuple-queries.ts";

/** Packets missing from a capture may hide this many bytes between what was seen and what was challenged. */
const NEAR = 1 << 20;

/**
 * Whether a challenge ACK is about this connection: its acknowledgment is the number that the
 * client would send next there, and its own number the one the server would (RFC 5961 §4:
 * SEQ=SND.NXT, ACK=RCV.NXT). Two 32-bit numbers that both fit exactly are no coincidence.
 */
export function numbersFit(trail: Trail, client: Side, challenge: Segment): "exact" | "near" | undefined {
  const books = booksOf(trail);
  const ofClient = fitOf(books[client], challenge.ack);
  const ofServer = fitOf(books[other(client)], challenge.seq);
  if (ofClient === undefined || ofServer === undefined) return undefined;
  return ofClient === "exact" && ofServer === "exact" ? "exact" : "near";
}

/** The numbers at which a side stood in the course of a connection. */
interface Book {
  readonly stood: ReadonlySet<number>;
  /** From the first to after the last number; undefined when the side was never heard and only acknowledged. */
  readonly range: readonly [low: number, high: number] | undefined;
}

const booksOf = remember(
  (trail: Trail): Readonly<Record<Side, Book>> => ({
    client: bookOf(trail.segments, "client"),
    server: bookOf(trail.segments, "server"),
  }),
);

function bookOf(segments: readonly Segment[], side: Side): Book {
  const stood = new Set<number>();
  let range: [number, number] | undefined;
  for (const segment of segments) {
    if (segment.from !== side || hasFlags(segment, RST)) continue;
    const end = endOf(segment);
    stood.add(segment.seq).add(end);
    range ??= [segment.seq, end];
    if (seqAfter(range[0], segment.seq)) range[0] = segment.seq;
    if (seqAfter(end, range[1])) range[1] = end;
  }
  if (range !== undefined) return { stood, range };
  // This side was never heard: what the other one acknowledges says where it stood.
  for (const segment of segments) if (!hasFlags(segment, RST)) stood.add(segment.ack);
  return { stood, range };
}

function fitOf({ stood, range }: Book, number: number): "exact" | "near" | undefined {
  if (stood.has(number)) return "exact";
  if (range === undefined) return undefined;
  return seqDiff(number, range[0]) > -NEAR && seqDiff(number, range[1]) < NEAR ? "near" : undefined;
}
