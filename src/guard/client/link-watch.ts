import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { type HealthCheck, type HealthInput, healthCheck, stepHealthCheck } from "../machines/health-check.ts";
import { AwakeTime, afterReading } from "./awake-time.ts";
import type { ClientSettings } from "./client-options.ts";

/** Watches one open connection: what it reads, whether its peer answers. */
export class LinkWatch {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #settings: ClientSettings;
  readonly #onLook: () => void;
  readonly #onLost: () => void;
  readonly #tickMs: number;
  readonly #awake: AwakeTime;
  readonly #asking: ((answered: boolean) => void)[] = [];
  #health: HealthCheck;
  #bytesRead: number;
  #lastReadMs: number;
  #stopped = false;
  #callOff: () => void = () => {};

  /** `onLook` is called with every look, `onLost` once, when the peer is held for gone. */
  constructor(
    session: ClientHttp2Session,
    socket: Socket,
    settings: ClientSettings,
    on: { readonly look: () => void; readonly lost: () => void },
  ) {
    const { clock, idleTimeoutMs, pingTimeoutMs, readIdleTimeoutMs, resolutionMs } = settings;
    this.#session = session;
    this.#socket = socket;
    this.#settings = settings;
    this.#onLook = on.look;
    this.#onLost = on.lost;
    this.#tickMs = Math.max(
      1,
      readIdleTimeoutMs === 0 ? Math.min(idleTimeoutMs, 1000) : Math.min(resolutionMs, pingTimeoutMs / 4),
    );
    this.#awake = new AwakeTime(clock, 2 * this.#tickMs);
    this.#health = healthCheck(this.#awake.now());
    this.#bytesRead = socket.bytesRead;
    this.#lastReadMs = clock.now();
    this.#wait();
  }

  /** By the clock: a box on the path forgets whether this process is awake or not. The system's clock stands still while the machine sleeps, on Linux. */
  get silentMs(): number {
    this.#sample();
    return this.#settings.clock.now() - this.#lastReadMs;
  }

  /** Asks the peer. One PING at a time is under way, and who asks meanwhile shares its answer. `false`: none could be sent, or none can come any more. */
  ping(answered: (yes: boolean) => void): void {
    this.#asking.push(answered);
    if (this.#asking.length > 1) return;
    // Node calls back in every case: with an error where it may not send one, or where the session ends.
    const done = (error: Error | null): void => {
      if (error === null) this.#sample();
      for (const each of this.#asking.splice(0)) each(error === null);
    };
    const session = this.#session;
    if (session.destroyed) done(new Error("the session is over"));
    // After GOAWAY Node sends no PING any more, but for streams that are still open the peer's answer counts as much: SETTINGS
    // without a value changes nothing and has to be acknowledged as well (RFC 9113 §6.5.3).
    else if (session.closed) session.settings({}, done);
    else session.ping(done);
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff();
  }

  #wait(): void {
    // Judged only after what lies in the socket was read: the loop may have been blocked till now.
    this.#callOff = this.#settings.clock.after(this.#tickMs, () => afterReading(() => this.#look()));
  }

  #look(): void {
    if (this.#stopped) return;
    this.#sample();
    this.#step("tick");
    if (!this.#stopped) this.#onLook();
    if (!this.#stopped) this.#wait();
  }

  #sample(): void {
    const bytes = this.#socket.bytesRead;
    if (bytes === this.#bytesRead) return;
    this.#bytesRead = bytes;
    this.#lastReadMs = this.#settings.clock.now();
    this.#step("read");
  }

  #step(input: HealthInput): void {
    const { state, action } = stepHealthCheck(this.#health, input, this.#awake.now(), this.#settings);
    this.#health = state;
    if (action === "lost") this.#onLost();
    if (action === "ping") this.ping((yes) => this.#stopped || this.#step(yes ? "pong" : "unsent"));
  }
}
