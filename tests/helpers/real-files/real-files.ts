/** Real files that lost connections, and what cured them: the figures of a public thread in the formats that people have. */
export interface RealFiles {
  /** `owner/repository#number`. */
  readonly thread: string;
  /** Which figures are the thread's; others are the products' defaults or stand for what it leaves open. */
  readonly figures: string;
  /** Text by file name; `path.yaml` says how they follow each other. */
  readonly files: Readonly<Record<string, string>>;
  /** `rule hop.setting hop.setting …`: the rule that must find it and the settings that it must name. */
  readonly finds: string;
  /** What takes its place in them. */
  readonly cured: Readonly<Record<string, string>>;
}
