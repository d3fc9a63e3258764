import { backOffMs } from "../machines/back-off.ts";
import { ClientLink } from "./client-link.ts";
import type { ClientSettings } from "./client-options.ts";

/** Why no connection could be had. Nothing of the request was sent. */
export class NoLink extends Error {
  readonly code: "connect-failed" | "verify-failed" | "client-closed" | "too-many-waiting" | "aborted";

  constructor(code: NoLink["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

interface Waiter {
  readonly give: (link: ClientLink) => void;
  readonly fail: (reason: NoLink) => void;
}

export interface PoolCounters {
  opened: number;
  lost: number;
  toldToGo: number;
  verified: number;
}

/** The connections of a client: opens them when there is need, hands out room on them, drops those that end. */
export class Pool {
  readonly counters: PoolCounters = { opened: 0, lost: 0, toldToGo: 0, verified: 0 };
  readonly #authority: string;
  readonly #settings: ClientSettings;
  readonly #links = new Set<ClientLink>();
  readonly #waiting: Waiter[] = [];
  #failures = 0;
  #opening = false;
  #closed = false;

  constructor(authority: string, settings: ClientSettings) {
    this.#authority = authority;
    this.#settings = settings;
  }

  get size(): number {
    return this.#links.size;
  }

  /** Room for one stream. The caller calls `release` on the link when the stream is done. */
  acquire(signal: AbortSignal): Promise<ClientLink> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new NoLink("client-closed", "this client was closed"));
      if (this.#waiting.length >= this.#settings.maxWaiting) {
        return reject(new NoLink("too-many-waiting", `${this.#waiting.length} requests wait for a connection already`));
      }
      const stop = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new NoLink("aborted", "given up before there was a connection", signal.reason));
      };
      const waiter: Waiter = {
        give: (link) => {
          signal.removeEventListener("abort", stop);
          resolve(link);
        },
        fail: (reason) => {
          signal.removeEventListener("abort", stop);
          reject(reason);
        },
      };
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(waiter);
      this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.fail(new NoLink("client-closed", "this client was closed"));
    await Promise.all(
      [...this.#links].map(
        (link) =>
          new Promise<void>((resolve) => {
            if (link.session.destroyed) return resolve();
            link.session.once("close", () => resolve());
            link.end ??= "client-closed";
            if (link.session.connecting) link.session.destroy();
            else link.session.close();
          }),
      ),
    );
  }

  #pump(): void {
    for (const link of this.#links) {
      if (link.session.destroyed) this.#drop(link);
    }
    while (this.#waiting.length > 0) {
      const link = this.#withRoom();
      if (link === undefined) break;
      if (!link.verified && link.silentMs >= this.#settings.verifyAfterMs) {
        this.counters.verified += 1;
        void link.verify().then(() => this.#pump());
        // It gives no room till it has answered, and no second connection is opened for that.
        continue;
      }
      link.verified = false;
      link.streams += 1;
      this.#waiting.shift()?.give(link);
    }
    if (this.#waiting.length > 0 && !this.#opening && !this.#verifying()) this.#openIfNeeded();
  }

  /** The emptiest, so that connections share the work. */
  #withRoom(): ClientLink | undefined {
    let best: ClientLink | undefined;
    for (const link of this.#links) {
      if (!link.hasRoom || link.verifying !== undefined) continue;
      if (best === undefined || link.streams < best.streams) best = link;
    }
    return best;
  }

  #verifying(): boolean {
    return [...this.#links].some((link) => link.verifying !== undefined);
  }

  #openIfNeeded(): void {
    const usable = [...this.#links].filter((link) => link.usable);
    if (this.#closed || usable.length >= this.#settings.maxSessions) return;
    this.#opening = true;
    const waitMs = backOffMs(this.#failures, this.#settings.dice(), {
      initialMs: this.#settings.backOffMs,
      maxMs: this.#settings.maxBackOffMs,
    });
    if (waitMs === 0) this.#open();
    else this.#settings.clock.after(waitMs, () => this.#open(), true);
  }

  #open(): void {
    if (this.#closed) return;
    const link = new ClientLink(this.#authority, this.#settings, () => this.#pump());
    this.#links.add(link);
    this.counters.opened += 1;
    link.opened.then(
      () => {
        this.#failures = 0;
        this.#opening = false;
        this.#pump();
      },
      (error: unknown) => {
        this.#failures += 1;
        this.#opening = false;
        this.#drop(link);
        const text = error instanceof Error ? error.message : String(error);
        const reason = new NoLink("connect-failed", `no connection to ${this.#authority}: ${text}`, error);
        for (const waiter of this.#waiting.splice(0)) waiter.fail(reason);
      },
    );
  }

  #drop(link: ClientLink): void {
    if (!this.#links.delete(link)) return;
    if (link.end === "lost-ping" || link.end === "verify-failed") this.counters.lost += 1;
    if (link.goaway !== undefined) this.counters.toldToGo += 1;
  }
}
