/** What the programs of the simulated hosts would have printed. Each line is made by whoever listens, from facts. */
export interface Journal {
  /** A client's HTTP/2 library wrote or read a message. `a` and `b` as in speech.ts. */
  frame(session: JournalSession, direction: "wrote" | "read", kind: number, a: number, b: number): void;
  /** Something else that a program of this place says. */
  event(place: number, event: JournalEvent): void;
}

export interface JournalSession {
  readonly id: number;
  readonly actor: number;
  readonly place: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly localPort: number;
}

export type JournalEvent =
  | { readonly what: "connected"; readonly session: JournalSession }
  | { readonly what: "health-check" | "health-check-failed" | "connection-lost"; readonly session: JournalSession }
  | { readonly what: "read-error"; readonly session: JournalSession; readonly error: string }
  | { readonly what: "request-failed"; readonly session: JournalSession; readonly call: number; readonly error: string }
  | {
      readonly what: "connect-failed";
      readonly actor: number;
      readonly remote: number;
      readonly remotePort: number;
      readonly error: string;
    }
  | { readonly what: "watch-ended"; readonly actor: number; readonly call: number; readonly error: string }
  | { readonly what: "node-not-updated"; readonly node: number; readonly silentMs: number }
  | { readonly what: "node-ready"; readonly node: number }
  | {
      readonly what: "proxy-error";
      readonly kind: "reset" | "closed" | "timeout" | "refused" | "connect-timeout";
      readonly client: number;
      readonly target: number;
      readonly call: number;
    };
