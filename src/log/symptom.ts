/** One possible cause of a symptom. */
export interface PossibleCause {
  /** The id of a cause, as explanations name it. */
  readonly cause: string;
  /** What to look for to tell this cause from the others of the symptom. */
  readonly tell: string;
}

/** A capture or an output to take, so that the next occurrence can be decided. */
export interface ToCapture {
  /** On which host. */
  readonly where: string;
  readonly command: string;
}

/** What a program prints when a connection is lost, and what may be behind it. */
export interface Symptom {
  /** Never renamed. */
  readonly id: string;
  /** The message in short, as a heading. */
  readonly title: string;
  /** Text that is searched for, without regard to case. The longest match tells most. */
  readonly patterns: readonly RegExp[];
  /** What the program saw. It tells what happened at this end, seldom who did it. */
  readonly meaning: string;
  /** The likeliest first. */
  readonly causes: readonly PossibleCause[];
  readonly capture: readonly ToCapture[];
  /** Reports and documents in which the message and its causes are described. */
  readonly sources: readonly string[];
}
