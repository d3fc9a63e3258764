import type { Flow } from "../flow/flow.ts";
import { type Instant, instantOf } from "../net/time.ts";
import type { FlowListing } from "./flow-listing.ts";
import { isoInstant } from "./iso-instant.ts";
import { jsonText } from "./json-text.ts";

/**
 * Flows as JSON in pieces: `schema/flows-1.schema.json` describes the whole. One flow a line. Packet
 * numbers in `syn`, `synAck`, `fin` and `rst` are negative when b sent the packet.
 */
export function* renderFlowsJson(listings: Iterable<FlowListing>): Generator<string> {
  yield '{"schema":1,"captures":[';
  let before = "\n";
  for (const { file, epoch, packets, tcpPackets, bytes, flowCount, problems, flows } of listings) {
    const head = jsonText({ file, packets, tcpPackets, bytes, flowCount, problems });
    yield `${before}${head.slice(0, -1)},"flows":[`;
    before = ",\n";
    let comma = "\n";
    for (const flow of flows) {
      yield comma + jsonText(flowDocument(flow, epoch));
      comma = ",\n";
    }
    yield "]}";
  }
  yield "]}\n";
}

/** A flow as other programs read it. Names are Wireshark's where it has one. */
function flowDocument(flow: Flow, epoch: Instant): object {
  const { firstRtt, silence, from, to, previous, ...rest } = flow;
  return {
    ...rest,
    from: isoInstant(instantOf(epoch, from)),
    to: isoInstant(instantOf(epoch, to)),
    durationNs: to - from,
    firstRttNs: firstRtt,
    silence: { lengthNs: silence.length, packet: silence.packet },
    ...(previous === undefined ? {} : { previous }),
  };
}
