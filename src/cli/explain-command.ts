import type { EvidenceSource } from "../capture/evidence-source.ts";
import { explainEvidence } from "../explain-evidence.ts";
import type { Explanation } from "../incident/explanation.ts";
import type { AnnotateCommandOptions } from "./annotate-captures.ts";
import { type ColourOptions, wantsColour, widthOf, writeOut } from "./output.ts";
import { progressBar } from "./progress.ts";
import { checkReportName, writeReport } from "./write-report.ts";

/** What `halfopen explain` was told. */
export interface ExplainCommandOptions extends ColourOptions, AnnotateCommandOptions {
  readonly format: "text" | "json" | "markdown" | "html";
  /** The file to write to, in place of standard output. */
  readonly output?: string;
  readonly width?: string;
  readonly quiet?: boolean;
}

/** Explains evidence and prints the explanation; gives 1 when something was lost, otherwise 0. */
export async function explainCommand(paths: readonly string[], options: ExplainCommandOptions): Promise<number> {
  const width = widthOf(options.width);
  if (options.output !== undefined) await checkReportName(options.output);
  const annotation = await annotationOf(paths, options);
  const bar = options.quiet ? { stop: () => {} } : await progressBar(paths);
  try {
    const explanation = await explainEvidence(
      paths,
      bar.onProgress === undefined ? {} : { onProgress: bar.onProgress },
      async (explained, sources) => {
        bar.stop();
        await annotation?.write(explained, sources);
      },
    );
    bar.stop();
    const report = await rendered(explanation, { ...options, columns: width });
    if (options.output === undefined) await writeOut([report]);
    else await writeReport(options.output, report, explanation.inputs);
    annotation?.tellTrouble();
    return explanation.incidents.length > 0 ? 1 : 0;
  } finally {
    bar.stop();
  }
}

interface Annotation {
  readonly write: (explanation: Explanation, sources: readonly EvidenceSource[]) => Promise<void>;
  /** Throws what kept the copies from being written: the explanation, which may have taken long, is printed first. */
  readonly tellTrouble: () => void;
}

/** Plans the annotated copies that were asked for, if any. */
async function annotationOf(
  paths: readonly string[],
  options: AnnotateCommandOptions,
): Promise<Annotation | undefined> {
  if (options.annotate === undefined && !options.force && !options.keepSecrets) return undefined;
  const { annotateCaptures, planAnnotation } = await import("./annotate-captures.ts");
  const plan = await planAnnotation(paths, options);
  const trouble: unknown[] = [];
  return {
    write: async (explanation, sources) => {
      await annotateCaptures(plan, explanation, sources, options).catch((error: unknown) => trouble.push(error));
    },
    tellTrouble: () => {
      if (trouble.length > 0) throw trouble[0];
    },
  };
}

async function rendered(
  explanation: Awaited<ReturnType<typeof explainEvidence>>,
  options: ExplainCommandOptions & { readonly columns: number },
): Promise<string> {
  switch (options.format) {
    case "json":
      return (await import("../report/json.ts")).renderJson(explanation);
    case "markdown":
      return (await import("../report/markdown.ts")).renderMarkdown(explanation);
    case "html":
      return (await import("../report/html/render-html.ts")).renderHtml(explanation);
    case "text": {
      const { renderText, renderVerdict } = await import("../report/text.ts");
      // A file is no terminal: colour there only where it was asked for by name.
      const plain = options.output !== undefined && (options.color ?? options.colour) !== "always";
      const page = { width: options.columns, colour: !plain && wantsColour(options) };
      return options.quiet ? renderVerdict(explanation, page) : renderText(explanation, page);
    }
  }
}
