import { openSource } from "../../src/capture/evidence-source.ts";
import { readCapture } from "../../src/capture/read-capture.ts";
import { Survey } from "../../src/flow/survey.ts";
import { seqDiff } from "../../src/net/sequence.ts";
import { ACK, FIN, printFlags, RST, SYN } from "../../src/net/tcp-flags.ts";
import type { Segment, Side } from "../../src/session/segment.ts";
import { Zoom } from "../../src/session/zoom.ts";

/** A segment with its connection, as one capture has them. */
export interface SeenSegment extends Segment {
  readonly client: string;
  readonly server: string;
}

/** All segments of a capture in its order, read as `explain` reads them. */
export async function segmentsOf(file: string): Promise<readonly SeenSegment[]> {
  const source = await openSource(file);
  try {
    const survey = new Survey();
    await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
    const zoom = new Zoom(survey.table, new Set(Array.from({ length: survey.table.rows }, (_, row) => row)), 0);
    await readCapture(source, { onBatch: (batch) => zoom.observe(batch) });
    return zoom
      .trails()
      .flatMap(({ flow, segments }): SeenSegment[] => {
        const [a, b] = [flow.a, flow.b].map(({ address, port }) => `${address}:${port}`) as [string, string];
        const ends = flow.client === "a" ? { client: a, server: b } : { client: b, server: a };
        return segments.map((segment) => ({ ...segment, ...ends }));
      })
      .sort((a, b) => a.packet - b.packet);
  } finally {
    source.close();
  }
}

/** What each end of a connection has sent up to now, so that a number can be called by what it means and not by its value. */
class Numbers {
  readonly #of: Record<Side, { isn?: number; before?: number; end?: number }> = { client: {}, server: {} };

  take({ from, seq, length, flags }: Segment): void {
    if ((flags & RST) !== 0) return;
    const mine = this.#of[from];
    if ((flags & SYN) !== 0) mine.isn = seq;
    const end = (seq + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0;
    if (mine.end === undefined || (flags & SYN) !== 0 || seqDiff(end, mine.end) > 0) mine.end = end;
  }

  mark(): void {
    for (const mine of Object.values(this.#of)) if (mine.end !== undefined) mine.before = mine.end;
  }

  /** `first`: what it began with. `before`: what it would have sent next when the story began. `end`: what it would send next now. */
  word(side: Side, number: number): string | undefined {
    const { isn, before, end } = this.#of[side];
    if (number === isn) return "first";
    if (number === before) return "before";
    if (number === end) return isn !== undefined && number === (isn + 1) >>> 0 ? "first+1" : "end";
    if (isn !== undefined && number === (isn + 1) >>> 0) return "first+1";
    const near = before ?? isn;
    return near !== undefined && Math.abs(seqDiff(number, near)) < 1e6 ? "within" : undefined;
  }
}

/**
 * Segments from `from` on, one line each: who, flags, and numbers by their meaning. `names` gives each connection a name, or none: then it is left out.
 * Numbers that belong to another connection carry its name. The same line again at once (a segment sent again) is told once.
 */
export function stepsFrom(
  segments: readonly SeenSegment[],
  from: number,
  names: (segment: SeenSegment, began: boolean) => string | undefined,
): readonly string[] {
  const numbers = new Map<string, Numbers>();
  const steps: string[] = [];
  let began = false;
  for (const segment of segments) {
    if (segment.packet === from) {
      for (const each of numbers.values()) each.mark();
      began = true;
    }
    const name = names(segment, began);
    if (name === undefined) continue;
    let mine = numbers.get(name);
    if (mine === undefined) {
      mine = new Numbers();
      numbers.set(name, mine);
    }
    const word = (side: Side, number: number): string => {
      const own = mine.word(side, number);
      if (own !== undefined) return own;
      for (const [other, theirs] of numbers) {
        const found = other === name ? undefined : theirs.word(side, number);
        if (found !== undefined) return `${other}'s ${found}`;
      }
      return number === 0 ? "0" : "unknown";
    };
    if (!began || (segment.flags & SYN) !== 0) mine.take(segment);
    if (began) {
      const { flags, length } = segment;
      const other = segment.from === "client" ? "server" : "client";
      const shown = printFlags(flags & (ACK | FIN | RST | SYN));
      const acks = (flags & ACK) === 0 ? "" : ` ack ${word(other, segment.ack)}`;
      const step = `${name}: ${segment.from} ${shown} seq ${word(segment.from, segment.seq)}${length > 0 ? " with data" : ""}${acks}`;
      if (step !== steps.at(-1)) steps.push(step);
      mine.take(segment);
    }
  }
  return steps;
}
