import { openSource } from "../capture/evidence-source.ts";
import { readCapture } from "../capture/read-capture.ts";
import { readFlow } from "../flow/read-flow.ts";
import { Survey } from "../flow/survey.ts";

/** What the survey of a host's own capture says of that host, to be held against what its kernel counted. */
export interface Account {
  /** RSTs with its address as their source. Kernel: TcpOutRsts. */
  readonly resetsSent: number;
  /** SYNs on connections that it held open. Kernel: TcpExtTCPSYNChallenge. */
  readonly synsOnOpen: number;
  /** Events that the survey left out for want of room: above 0 the counts are too low. */
  readonly dropped: number;
}

export async function accountOfCapture(file: string, address: string): Promise<Account> {
  const source = await openSource(file);
  try {
    const survey = new Survey();
    await readCapture(source, { onBatch: (batch) => survey.observe(batch) });
    const sum = { resetsSent: 0, synsOnOpen: 0, dropped: 0 };
    for (let row = 0; row < survey.table.rows; row += 1) {
      const flow = readFlow(survey.table, row);
      // Negative numbers are of packets that end b sent.
      sum.resetsSent += flow.rst.filter((packet) => (packet > 0 ? flow.a : flow.b).address === address).length;
      sum.synsOnOpen += flow.events.synOnOpenFlow?.length ?? 0;
      sum.dropped += flow.eventsDropped;
    }
    return sum;
  } finally {
    source.close();
  }
}
