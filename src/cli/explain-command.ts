import { explainEvidence } from "../explain-evidence.ts";
import { type ColourOptions, wantsColour, widthOf, writeOut } from "./output.ts";
import { progressBar } from "./progress.ts";

/** What `halfopen explain` was told. */
export interface ExplainCommandOptions extends ColourOptions {
  readonly format: "text" | "json" | "markdown";
  readonly width?: string;
  readonly quiet?: boolean;
}

/** Explains evidence and prints the explanation; gives 1 when something was lost, otherwise 0. */
export async function explainCommand(paths: readonly string[], options: ExplainCommandOptions): Promise<number> {
  const width = widthOf(options.width);
  const bar = options.quiet ? { stop: () => {} } : await progressBar(paths);
  try {
    const explanation = await explainEvidence(
      paths,
      bar.onProgress === undefined ? {} : { onProgress: bar.onProgress },
    );
    bar.stop();
    await writeOut([await rendered(explanation, { ...options, columns: width })]);
    return explanation.incidents.length > 0 ? 1 : 0;
  } finally {
    bar.stop();
  }
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
    case "text": {
      const { renderText, renderVerdict } = await import("../report/text.ts");
      const page = { width: options.columns, colour: wantsColour(options) };
      return options.quiet ? renderVerdict(explanation, page) : renderText(explanation, page);
    }
  }
}
