import { type Endpoint, printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { endsOf } from "./ends-of.ts";
import type { LogEntry } from "./entry.ts";

/** A connection as one program logged it: which of its lines are about it, and between which ends, as far as they say. */
export interface LoggedConnection {
  local: Endpoint | undefined;
  remote: Endpoint | undefined;
  /** In the order of the lines. */
  readonly entries: LogEntry[];
}

/**
 * Groups a program's lines by connection. Go names a connection three ways: by its ends (`dialed`, read errors),
 * by an address in memory (`http2: Transport creating client conn 0x…`), and by its framer; a line that bears two of
 * the names ties them together. Lines that name none are in no group. Two connections that are dialled to one place
 * at once are not told apart by order alone.
 */
export function loggedConnections(entries: readonly LogEntry[]): readonly LoggedConnection[] {
  const book = new Book();
  for (const entry of entries) book.take(entry);
  return book.connections;
}

class Book {
  readonly connections: LoggedConnection[] = [];
  readonly #byId = new Map<string, LoggedConnection>();
  readonly #byFramer = new Map<string, LoggedConnection>();
  readonly #byEnds = new Map<string, LoggedConnection>();
  /** Dialled and not yet named by an address in memory, by remote end. */
  readonly #dialled = new Map<string, LoggedConnection[]>();
  /** Whose end was told: a later connection between the same ends is another. */
  readonly #over = new Set<LoggedConnection>();
  /** Created, without a framer so far. */
  #unframed: LoggedConnection[] = [];

  take(entry: LogEntry): void {
    const { content } = entry;
    switch (content.kind) {
      case "dial":
        if (content.outcome === "connected") this.#dial(entry, content.local, content.remote);
        return;
      case "connection":
        return this.#event(entry, content.event, content.id, content.local, content.remote);
      case "http2-frame":
        return this.#frame(entry, content.framer, content.direction === "written" && content.type === "SETTINGS");
      case "failure":
      case "watch-ended":
      case "lease": {
        const { local, remote } = endsOf(content);
        if (local !== undefined && remote !== undefined) this.#ends(local, remote).entries.push(entry);
        return;
      }
      default:
    }
  }

  #dial(entry: LogEntry, local: Endpoint | undefined, remote: Endpoint | undefined): void {
    const fresh = this.#new(local, remote);
    fresh.entries.push(entry);
    if (local !== undefined && remote !== undefined) this.#byEnds.set(keyOf(local, remote), fresh);
    if (remote === undefined) return;
    const waiting = this.#dialled.get(printEndpoint(remote)) ?? [];
    waiting.push(fresh);
    this.#dialled.set(printEndpoint(remote), waiting);
  }

  #event(
    entry: LogEntry,
    event: string,
    id: string | undefined,
    local: Endpoint | undefined,
    remote: Endpoint | undefined,
  ): void {
    const found = event === "created" ? this.#created(id, local, remote) : this.#known(id, local, remote);
    if (found === undefined) return;
    found.entries.push(entry);
    found.local ??= local;
    found.remote ??= remote;
    if (ENDS.has(event)) this.#over.add(found);
    if (event === "closed" || event === "lost") {
      if (id !== undefined) this.#byId.delete(id);
    }
  }

  #created(id: string | undefined, local: Endpoint | undefined, remote: Endpoint | undefined): LoggedConnection {
    const waiting = remote === undefined ? [] : (this.#dialled.get(printEndpoint(remote)) ?? []);
    const made = (waiting.length === 1 ? waiting[0] : undefined) ?? this.#new(local, remote);
    // With several dialled at once nothing tells which this is; those before it are no candidates for later ones.
    if (waiting.length > 0) waiting.length = waiting.length === 1 ? 0 : waiting.length;
    if (id !== undefined) this.#byId.set(id, made);
    this.#unframed.push(made);
    return made;
  }

  #known(
    id: string | undefined,
    local: Endpoint | undefined,
    remote: Endpoint | undefined,
  ): LoggedConnection | undefined {
    const byId = id === undefined ? undefined : this.#byId.get(id);
    if (local === undefined || remote === undefined) {
      if (byId !== undefined || id === undefined) return byId;
      const fresh = this.#new(local, remote);
      this.#byId.set(id, fresh);
      return fresh;
    }
    const byEnds = this.#byEnds.get(keyOf(local, remote));
    if (byId === undefined) return byEnds ?? this.#ends(local, remote);
    if (byEnds !== undefined && byEnds !== byId && !this.#over.has(byEnds)) {
      const later = byId.entries.splice(0);
      for (const entry of byEnds.entries) byId.entries.push(entry);
      for (const entry of later) byId.entries.push(entry);
      byEnds.entries.length = 0;
    }
    this.#byEnds.set(keyOf(local, remote), byId);
    return byId;
  }

  #frame(entry: LogEntry, framer: string | undefined, first: boolean): void {
    if (framer === undefined) return;
    let found = this.#byFramer.get(framer);
    if (found === undefined || (first && this.#unframed.length > 0 && !this.#unframed.includes(found))) {
      if (!first) return;
      // The connection that was created last writes its SETTINGS next; of two at once neither is sure.
      found = this.#unframed.length === 1 ? this.#unframed[0] : this.#new(undefined, undefined);
      this.#unframed = [];
      this.#byFramer.set(framer, found as LoggedConnection);
    }
    (found as LoggedConnection).entries.push(entry);
  }

  #ends(local: Endpoint, remote: Endpoint): LoggedConnection {
    const key = keyOf(local, remote);
    const known = this.#byEnds.get(key);
    if (known !== undefined) return known;
    const fresh = this.#new(local, remote);
    this.#byEnds.set(key, fresh);
    return fresh;
  }

  #new(local: Endpoint | undefined, remote: Endpoint | undefined): LoggedConnection {
    const fresh: LoggedConnection = { local, remote, entries: [] };
    this.connections.push(fresh);
    return fresh;
  }
}

/** After `idle-closed` Go still tells between which ends the connection was, in the read error that follows. */
const ENDS: ReadonlySet<string> = new Set(["closed", "idle-closed", "lost", "read-error"]);

const keyOf = (local: Endpoint, remote: Endpoint): string => `${printEndpoint(local)} ${printEndpoint(remote)}`;

/** Whether both ends of a logged connection are those given, either way round. */
export function isBetween(
  { local, remote }: { readonly local: Endpoint | undefined; readonly remote: Endpoint | undefined },
  one: Endpoint,
  other: Endpoint,
): boolean {
  if (local === undefined || remote === undefined) return false;
  return (
    (sameEndpoint(local, one) && sameEndpoint(remote, other)) ||
    (sameEndpoint(local, other) && sameEndpoint(remote, one))
  );
}
