import type { CaptureSummary } from "../capture/batch.ts";
import { openSource } from "../capture/evidence-source.ts";
import { readCapture } from "../capture/read-capture.ts";
import { EVENT_NAMES } from "../flow/events.ts";
import type { Flow } from "../flow/flow.ts";
import { type FlowFilter, matches } from "../flow/flow-filter.ts";
import { readFlow } from "../flow/read-flow.ts";
import { Survey } from "../flow/survey.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import type { FlowListing } from "../report/flow-listing.ts";
import { type ColourOptions, wantsColour, wholeNumber, writeOut } from "./output.ts";
import { parseEndpoint } from "./parse-endpoint.ts";
import { progressBar } from "./progress.ts";

/** What `halfopen flows` was told. */
export interface FlowsCommandOptions extends ColourOptions {
  readonly format: "text" | "json" | "csv";
  readonly endpoint?: string;
  readonly state?: string;
  readonly event?: string;
  readonly stream?: string;
  readonly limit?: string;
  readonly summary?: boolean;
}

/** Lists the flows of captures, one capture after the other; gives 0. */
export async function flowsCommand(paths: readonly string[], options: FlowsCommandOptions): Promise<number> {
  const selection: Selection = {
    filter: filterOf(options),
    limit: options.summary
      ? 0
      : options.limit === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber("--limit", options.limit),
  };
  const listings: FlowListing[] = [];
  const bar = await progressBar(paths);
  try {
    for (const path of paths) listings.push(await surveyed(path, selection, bar.onProgress));
  } finally {
    bar.stop();
  }
  await writeOut(await renderer(options, listings));
  return 0;
}

interface Selection {
  readonly filter: FlowFilter;
  readonly limit: number;
}

type OnProgress = Awaited<ReturnType<typeof progressBar>>["onProgress"];

async function surveyed(path: string, selection: Selection, onProgress: OnProgress): Promise<FlowListing> {
  const source = await openSource(path);
  try {
    const survey = new Survey();
    const summary = await readCapture(source, {
      onBatch: (batch) => survey.observe(batch),
      onProgress: (bytesRead, totalBytes) => onProgress?.({ file: path, phase: "survey", bytesRead, totalBytes }),
    });
    return listingOf(path, summary, survey, selection);
  } finally {
    source.close();
  }
}

function listingOf(file: string, summary: CaptureSummary, survey: Survey, selection: Selection): FlowListing {
  const { packets, tcpPackets, bytes, problems } = survey.totals();
  return {
    file,
    epoch: summary.epoch,
    packets: Math.max(packets, summary.packets),
    tcpPackets,
    bytes,
    flowCount: survey.table.rows,
    problems: [...summary.problems, ...problems],
    flows: { [Symbol.iterator]: () => selected(survey, selection) },
  };
}

function* selected(survey: Survey, { filter, limit }: Selection): Generator<Flow> {
  const { table } = survey;
  const from = filter.stream ?? 0;
  const end = filter.stream === undefined ? table.rows : Math.min(table.rows, filter.stream + 1);
  let left = limit;
  for (let row = from; row < end && left > 0; row++) {
    const flow = readFlow(table, row);
    if (!matches(flow, filter)) continue;
    left--;
    yield flow;
  }
}

async function renderer(options: FlowsCommandOptions, listings: readonly FlowListing[]): Promise<Iterable<string>> {
  switch (options.format) {
    case "json":
      return (await import("../report/flows-json.ts")).renderFlowsJson(listings);
    case "csv":
      return (await import("../report/flows-csv.ts")).renderFlowsCsv(listings);
    case "text": {
      const { renderFlowsText } = await import("../report/flows-text.ts");
      return renderFlowsText(listings, { colour: wantsColour(options), summary: options.summary === true });
    }
  }
}

const STATES = [
  "unanswered",
  "refused",
  "opening",
  "open",
  "half-closed",
  "closed",
  "reset",
  "partial",
  "quoted",
] as const;

function filterOf({ endpoint, state, event, stream }: FlowsCommandOptions): FlowFilter {
  return {
    ...(endpoint === undefined ? {} : parseEndpoint(endpoint)),
    ...(state === undefined ? {} : { state: oneOf("--state", STATES, state) }),
    ...(event === undefined ? {} : { event: oneOf("--event", EVENT_NAMES, event) }),
    ...(stream === undefined ? {} : { stream: wholeNumber("--stream", stream) }),
  };
}

function oneOf<T extends string>(option: string, known: readonly T[], given: string): T {
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Fault(
    "bad-option",
    `${option} was given '${printable(given)}', which is none.`,
    `Take one of ${known.join(", ")}.`,
  );
}
