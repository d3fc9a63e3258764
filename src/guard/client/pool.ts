import { backOffMs } from "../machines/back-off.ts";
import { ClientLink } from "./client-link.ts";
import type { ClientSettings } from "./client-options.ts";
import { NoLink } from "./no-link.ts";
import { whoEnded } from "./who-ended.ts";

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
  /** Connections in a row that brought no response. */
  #failures = 0;
  /** Before this instant no connection is tried. */
  #nextDialMs = Number.NEGATIVE_INFINITY;
  #callOffDial: (() => void) | undefined;
  #opening = false;
  readonly #closing = new AbortController();

  constructor(authority: string, settings: ClientSettings) {
    this.#authority = authority;
    this.#settings = settings;
  }

  get size(): number {
    return this.#links.size;
  }

  /** Aborts when the client is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Room for one stream. The caller calls `release` on the link when the stream is done. */
  acquire(signal: AbortSignal): Promise<ClientLink> {
    return new Promise((resolve, reject) => {
      if (this.closing.aborted) return reject(closedByCaller());
      if (this.#waiting.length >= this.#settings.maxWaiting) {
        const what = `${this.#waiting.length} requests wait for a connection already`;
        return reject(new NoLink(what, { code: "too-many-waiting", endedBy: "client" }));
      }
      const stop = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        const cause = signal.reason;
        reject(new NoLink("given up before there was a connection", { code: "aborted", endedBy: "client", cause }));
        this.#pump();
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

  /** A response came on it: the server works, and back-off begins anew. */
  answered(link: ClientLink): void {
    if (link.answered) return;
    link.answered = true;
    this.#failures = 0;
  }

  /** Lets what is open finish, for so long. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    this.#failWaiting(closedByCaller());
    this.#pump();
    const links = [...this.#links];
    for (const link of links) link.leave("client-closed");
    const cut = (): void => {
      for (const link of links) if (!link.isClosed) link.finish("client-closed");
    };
    const callOff = graceMs === Number.POSITIVE_INFINITY ? undefined : this.#settings.clock.after(graceMs, cut, true);
    await Promise.all(links.map((link) => link.closed));
    callOff?.();
  }

  #pump(): void {
    for (const link of this.#links) this.#account(link);
    while (this.#waiting.length > 0) {
      const link = this.#withRoom();
      if (link === undefined) break;
      if (!link.verified && link.silentMs >= this.#settings.verifyAfterMs) {
        this.counters.verified += 1;
        // It gives no room till it has answered, and no second connection is opened for that.
        link.verify();
        continue;
      }
      link.streams += 1;
      link.carried = true;
      this.#waiting.shift()?.give(link);
    }
    // An answer holds for those who waited for it.
    for (const link of this.#links) link.verified = false;
    if (this.#waiting.length > 0) this.#dial();
    else this.#callOffDialing();
  }

  /** The emptiest, so that connections share the work. */
  #withRoom(): ClientLink | undefined {
    let best: ClientLink | undefined;
    for (const link of this.#links) {
      if (!link.hasRoom || link.verifying) continue;
      if (best === undefined || link.streams < best.streams) best = link;
    }
    return best;
  }

  /** Opens one more connection, now or after back-off, if there may be one. */
  #dial(): void {
    if (this.#opening || this.#callOffDial !== undefined) return;
    const links = [...this.#links];
    if (links.some((link) => link.verifying)) return;
    if (links.filter((link) => link.usable).length >= this.#settings.maxSessions) return;
    const waitMs = this.#nextDialMs - this.#settings.clock.now();
    if (waitMs <= 0) return this.#open();
    // It keeps the process alive, as the requests that wait for it do.
    this.#callOffDial = this.#settings.clock.after(
      waitMs,
      () => {
        this.#callOffDial = undefined;
        this.#open();
      },
      true,
    );
  }

  #callOffDialing(): void {
    this.#callOffDial?.();
    this.#callOffDial = undefined;
  }

  #open(): void {
    this.counters.opened += 1;
    this.#opening = true;
    let link: ClientLink;
    try {
      link = new ClientLink(this.#authority, this.#settings, () => this.#pump());
    } catch (error) {
      // From `createConnection` or the options of `http2.connect`. Told later, as any other failure is.
      queueMicrotask(() => this.#notOpened(error, "client"));
      return;
    }
    this.#links.add(link);
    link.opened.then(
      () => {
        this.#opening = false;
        this.#pump();
      },
      (error: unknown) => this.#notOpened(error, link.end === "client-closed" ? "client" : whoEnded(link.error)),
    );
  }

  #notOpened(cause: unknown, endedBy: NoLink["endedBy"]): void {
    this.#opening = false;
    const text = cause instanceof Error ? cause.message : String(cause);
    this.#failed(
      new NoLink(`no connection to ${this.#authority}: ${text}`, { code: "connect-failed", endedBy, cause }),
    );
  }

  /** Looks what became of a connection. */
  #account(link: ClientLink): void {
    if (link.isClosed) {
      this.#links.delete(link);
      if (link.goaway !== undefined) this.counters.toldToGo += 1;
    }
    if (link.counted.lost === undefined && (link.end === "lost-ping" || link.end === "verify-failed")) {
      link.counted.lost = true;
      this.counters.lost += 1;
    }
    if (link.usable || !link.isOpen || link.counted.end === true) return;
    link.counted.end = true;
    if (link.answered || link.left) return;
    // Opened, and gone again: a server that does so to all comers is not to be stormed.
    const unkept = { code: "connect-failed", endedBy: "peer" } as const;
    if (link.goaway !== undefined) {
      this.#failed(new NoLink(`${this.#authority} said GOAWAY before anything else was answered`, unkept), link);
    } else if (link.isDoubted) {
      const what = `${this.#authority} did not answer a PING on a connection just made`;
      this.#failed(new NoLink(what, { code: "verify-failed", endedBy: "nobody" }), link);
    } else {
      const { error: cause } = link;
      const what = `${this.#authority} took the connection and closed it`;
      this.#failed(new NoLink(what, { ...unkept, endedBy: whoEnded(cause), cause }), link);
    }
  }

  /** Back-off; those who wait are told, unless another connection may have room for them, or this one had carried some before. */
  #failed(reason: NoLink, link?: ClientLink): void {
    this.#failures += 1;
    const { backOffMs: initialMs, clock, dice, maxBackOffMs: maxMs } = this.#settings;
    this.#nextDialMs = clock.now() + backOffMs(this.#failures, dice(), { initialMs, maxMs });
    if (link?.carried !== true && ![...this.#links].some((other) => other.usable)) this.#failWaiting(reason);
    if (link === undefined) this.#pump();
  }

  #failWaiting(reason: NoLink): void {
    for (const waiter of this.#waiting.splice(0)) waiter.fail(reason);
  }
}

function closedByCaller(): NoLink {
  return new NoLink("this client was closed", { code: "client-closed", endedBy: "client" });
}
