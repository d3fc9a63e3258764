import { connect } from "node:net";
import { eachLine } from "./each-line.ts";
import type { StoredObject, StoreLine } from "./store-protocol.ts";

export interface Change {
  readonly type: "ADDED" | "MODIFIED";
  readonly object: StoredObject;
}

/** A server's copy of the store, as kube-apiserver's watch cache is: reads are answered from it, writes go to the store. */
export class StoreClient {
  readonly objects: Map<string, StoredObject> = new Map();
  /** The last changes, for watches that begin at an older revision. */
  readonly history: Change[] = [];
  revision = 0;
  readonly #watchers = new Set<(change: Change) => void>();
  readonly #waiting = new Map<number, (object: StoredObject) => void>();
  readonly #write: (line: string) => void;
  #next = 1;

  private constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Resolves when the copy is complete. */
  static open(path: string): Promise<StoreClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      const client = new StoreClient((line) => socket.write(line));
      socket.on("error", reject);
      eachLine(socket, (line) => {
        const said = JSON.parse(line) as StoreLine;
        if ("all" in said) {
          for (const object of said.all) client.objects.set(object.key, object);
          client.revision = said.revision;
          return resolve(client);
        }
        client.#take(said);
      });
    });
  }

  put(key: string, value: unknown): Promise<StoredObject> {
    const id = this.#next++;
    this.#write(`${JSON.stringify({ id, key, value })}\n`);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  watch(onChange: (change: Change) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  #take(said: Extract<StoreLine, { changed: StoredObject }>): void {
    const change: Change = { type: said.created ? "ADDED" : "MODIFIED", object: said.changed };
    this.objects.set(said.changed.key, said.changed);
    this.revision = said.revision;
    this.history.push(change);
    if (this.history.length > HISTORY) this.history.shift();
    for (const watcher of this.#watchers) watcher(change);
    if (said.id !== undefined) {
      this.#waiting.get(said.id)?.(said.changed);
      this.#waiting.delete(said.id);
    }
  }
}

/** Changes kept: beyond them a watch is told 410 Gone and lists anew. */
const HISTORY = 2000;
